// Package sessionstore is what is remembered: sessions, their turns, requests
// and leases, and the lines of their transcripts.
//
// [Store] is the contract, the package storetest its laws as a suite, and
// [DB] the store that is built in: a Badger database for the records, segment
// files beside it for the lines, and an index in memory that lists are served
// from.
//
// # Layout
//
// In the folder of a store, which is closed to others (0700), lie
//
//	lock                      held by the process that has the store open; never removed
//	badger/                   every record, summary, extent and change
//	segments/00000001.jsonl   lines, as they were appended, of all transcripts
//	segments/00000001.jsonl.zst
//
// Lines of all transcripts go to one growing segment. So an append writes at
// one place and syncs one file, however many sessions run at once, and 20,000
// sessions need no more descriptors than one. An extent, a record in Badger,
// says where the lines of one append lie and which uuids they have. A segment
// that has grown to 64 MiB is sealed and, in the background and when nothing is
// appended, compressed in frames of 256 KiB that can be read each by itself; its
// extents stay as they are. What a deleted session leaves is freed by [DB.Maintain].
//
// # Writing
//
// One goroutine writes. It takes all jobs that wait, lets each plan its writes,
// and brings them to disk together: lines into the segment, sync, one
// transaction in Badger (synced too), the index, those who watch, the answers.
// The transaction is the moment of truth: a segment is cut to the length that
// Badger knows when the store is opened, and nothing of it is read beyond.
//
// # Reading
//
// Readers never wait for the writer. A list takes a snapshot of the index, and
// then reads the records of its page alone; a record may be newer than the
// place it was listed at. A transcript is read in pieces of 256 KiB, with no
// file and no transaction held while the caller looks at a line.
package sessionstore
