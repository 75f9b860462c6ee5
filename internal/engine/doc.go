// Package engine is the application: it starts, resumes, forks and lists
// sessions, and decides everything that is to be decided about them. It knows
// nothing of MCP and of sockets.
//
// An Engine owns all runs of its store. Callers see it through a Client, which
// carries who they are. Two lifetimes are kept apart: a turn lives on the
// engine's own context, the context of a call only bounds how long its caller
// waits.
package engine
