// Package tools is the MCP face of Claude Sessions: it turns calls of tools
// into calls of a Sessions, and answers into results that a model and a
// program can both read.
//
// Serve speaks MCP over a pair of streams; NewServer gives the same server
// without a transport. The registry has one file per tool; what a tool takes
// and gives is derived from the engine's own structs, so that the schema, the
// check of the arguments, the README's table and the golden files cannot
// disagree.
//
// Three things hold for every tool:
//
//   - Arguments are checked here, strictly, with sentences that a model can act on.
//   - A handler never returns a Go error to the protocol library, which would
//     hide it from the model: every error becomes a result with isError and a
//     code of the engine's taxonomy. A panic becomes the code internal.
//   - Results are bounded. What was cut says so, and how to get the rest.
//
// Everything here is safe to use at once. Progress notifications may be lost
// (a slow client gets the newest only); results are not.
package tools
