/** Lists that stay at their newest entry for as long as the reader is there. */

const followed = new WeakMap();

/**
 * Remember whether the reader is at the end of ``list``: what stands around it changes its size as well.
 *
 * @param {HTMLElement} list scrolls
 * @param {number} near so many pixels from the end still count as there
 */
export function follow(list, near = 30) {
  let size = "";
  const measured = () => `${list.clientWidth} ${list.clientHeight}`;
  followed.set(list, true);
  list.addEventListener("scroll", () => {
    // In a new size this may be the echo of our own scrolling in the old one.
    if (measured() !== size) return;
    followed.set(list, list.scrollHeight - list.scrollTop - list.clientHeight < near);
  });
  new ResizeObserver(() => {
    size = measured();
    stay(list);
  }).observe(list);
}

/** Go to the newest entry of a followed list, if the reader was there. */
export function stay(list) {
  if (followed.get(list)) list.scrollTop = list.scrollHeight;
}

/** Is ``list`` followed? */
export function isFollowed(list) {
  return followed.has(list);
}
