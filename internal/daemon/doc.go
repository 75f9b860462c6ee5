// Package daemon puts one engine per user and data folder behind a unix socket.
//
// Every MCP client runs a server process of its own, but one process alone can
// have the store open, and a turn must outlive whoever asked for it. So the
// server processes share an engine: a [Client] has the engine's own methods,
// finds the engine that serves its data folder, and starts one where there is
// none; [Serve] is the engine's side, and goes away by itself when nothing
// needs it.
//
// Who may run is settled by two locks in the data folder, which are never
// unlinked: engine.lock is held by the engine for life, start.lock shortly by
// whoever starts one. The socket is unlinked only by the holder of engine.lock,
// who writes where it is into engine.addr; clients look nowhere else, as the
// environment that chose the place may differ from client to client.
//
// What may be lost: nothing that was answered. A call whose engine died is sent
// again to the next one, under an idempotency key, so that it is carried out
// once. Progress may be lost or told twice. A caller's environment lives in the
// memory of both sides only; it is never written to disk or to the log.
//
// Client and Serve are safe to use from several goroutines and processes.
package daemon
