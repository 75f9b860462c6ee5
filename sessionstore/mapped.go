package sessionstore

import "time"

// Badger maps all its tables into memory, and the system takes what was read or
// written of them for this process's, until it needs it for another. That is as
// much as there is in the store, and twice that while tables are merged, though
// hardly any of it is needed again soon.
const (
	mostMapped  = 48 << 20 // bytes of mapped files, the program's own among them
	mappedEvery = 100 * time.Millisecond
)

// runTrimmer keeps what is mapped small while the store is used, until it is
// closed.
func (db *DB) runTrimmer() {
	for {
		select {
		case <-db.used:
		case <-db.closing:
			return
		}
		if mappedMemory() > mostMapped {
			db.GiveBack()
		}
		select {
		case <-time.After(mappedEvery):
		case <-db.closing:
			return
		}
	}
}

// kickTrimmer tells the trimmer that something is read or written.
func (db *DB) kickTrimmer() {
	select {
	case db.used <- struct{}{}:
	default: // it knows
	}
}

// GiveBack lets the system have the memory that the store's files are mapped to,
// where that is possible. It is for a process that comes to rest.
func (db *DB) GiveBack() {
	if db.opts.InMemory {
		return
	}
	if err := giveBackMapped(db.path(badgerFolder)); err != nil {
		db.opts.Log.Debug("giving back mapped memory", "err", err)
	}
}
