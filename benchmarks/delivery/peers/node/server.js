// `ws` and `better-sqlite3` as their documentation shows them: one insert per message, then on to the room.
// Kept in the clear and read by nobody. WAL as better-sqlite3 advises, whose own default is synchronous NORMAL: what was
// kept in the last moments before a power cut may be lost. FULL is what this product's database uses.
"use strict";
const Database = require("better-sqlite3");
const { WebSocketServer, WebSocket } = require("ws");

const [port, file, synchronous] = process.argv.slice(2);
const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma(`synchronous = ${synchronous}`);
database.exec("CREATE TABLE message (seq INTEGER PRIMARY KEY, room TEXT, client_id TEXT, text TEXT, at INTEGER)");
const insert = database.prepare("INSERT INTO message (room, client_id, text, at) VALUES (?, ?, ?, ?)");
const rooms = new Map();

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false });
server.on("connection", (socket) => {
  let mine = [];
  socket.on("message", (raw) => {
    const frame = JSON.parse(raw);
    if (frame.join) {
      mine = frame.join;
      for (const name of mine) {
        if (!rooms.has(name)) rooms.set(name, new Set());
        rooms.get(name).add(socket);
      }
      socket.send('{"ready":true}');
      return;
    }
    insert.run(frame.room, frame.id, frame.text, Date.now());
    const text = JSON.stringify(frame);
    for (const other of rooms.get(frame.room) || []) {
      if (other.readyState === WebSocket.OPEN) other.send(text);
    }
  });
  socket.on("close", () => {
    for (const name of mine) rooms.get(name).delete(socket);
  });
});
