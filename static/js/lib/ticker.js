/** The worker of clock.js: says a number again after so many milliseconds, unless it is told before that it need not. */

const running = new Map();

addEventListener("message", ({ data: { id, wait } }) => {
  clearTimeout(running.get(id));
  running.delete(id);
  if (wait === undefined) return;
  running.set(
    id,
    setTimeout(() => {
      running.delete(id);
      postMessage(id);
    }, wait),
  );
});
