package engine

// PruneRequest asks for copies of transcripts to be dropped from the store: of
// imported sessions, the oldest first. The sessions stay in the list. At least
// one of OlderThan and MaxBytes is needed; with both, both count.
type PruneRequest struct {
	OlderThan  string `json:"older_than,omitempty"`  // an age such as 90d, or a time: sessions that were not active since
	MaxBytes   *int64 `json:"max_bytes,omitempty"`   // what all copies may take in the end; nil: no matter
	LastCopies bool   `json:"last_copies,omitempty"` // also those of which there is no other copy: these are lost then
	Apply      bool   `json:"apply,omitempty"`       // false: only say what would be dropped
}

// PruneResult tells what was dropped, or would be. Bytes are those that copies
// take on disk, compressed.
type PruneResult struct {
	Dropped    int      `json:"dropped"` // sessions
	Bytes      int64    `json:"bytes"`
	Sessions   []Pruned `json:"sessions,omitempty"` // the first of them, at most MaxPruned
	Last       int      `json:"last,omitempty"`     // sessions that fit, but were kept: they are the last copy
	LastBytes  int64    `json:"last_bytes,omitempty"`
	Kept       int64    `json:"kept"`                  // what all other copies take, of sessions made here too
	DiskBefore int64    `json:"disk_before,omitempty"` // when it was done: what the files of the store took
	DiskAfter  int64    `json:"disk_after,omitempty"`  // and take now
	Freeing    bool     `json:"freeing,omitempty"`     // the files are still being made smaller
}

// Pruned is one session of a PruneResult.
type Pruned struct {
	ID        string `json:"session_id"`
	Title     string `json:"title"`
	UpdatedAt string `json:"updated_at"` // the day
	Bytes     int64  `json:"bytes"`
}

// MaxPruned is how many sessions a PruneResult names.
const MaxPruned = 10
