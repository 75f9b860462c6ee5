// Package search finds words in all that was said in sessions: an index beside
// the store, made from it and from nothing else.
//
// [Index] owns a folder with one SQLite database (FTS5), and a goroutine that
// follows the store. Sessions that change come first, the backlog of those that
// were never indexed after them, newest first. The store never waits for the
// index; a search waits for what has changed just before it, shortly.
//
// # What may be lost
//
// Nothing that cannot be had again. What is indexed of a session and how far it
// is are written in one transaction, so that after a crash the index goes on
// where it was. An index of another store or of another version, and one that
// cannot be read, is thrown away and made anew when it is opened.
//
// # How it ranks
//
// All words of a query must occur in one message. Hits come in blocks of the
// newest [blockSize] that fit; within a block they are ordered by how well they
// fit (how often the words occur in how long a text, how close together, who
// said it) and how new they are. So a rare word is found in the best order
// whatever its age, and a common one, for which counting through years of
// messages would take seconds, in the best of the newest. A score depends on
// its message and the query alone: pages stay as they are while more is indexed.
//
// # Why SQLite
//
// Measured with 100 MB of generated conversations, two busy cores: bleve
// (scorch) wrote 3.3 MB/s into 216 MB and took 300 MB of memory, though it
// answered fastest (median 0.2 ms); SQLite's FTS5 translated to Go wrote 9.1
// MB/s into 73 MB with 61 MB of memory (modernc.org/sqlite), or 6.5 MB/s
// (ncruces/go-sqlite3). Its own ranking looks at every hit of every word (p95
// 126 ms at this size, more than a second at three times that), hence the
// blocks, which bring it to 14 ms. The database holds the texts a second time:
// to rank 300 hits from the store's segments would mean to decompress them all.
package search
