package sessionstore

import (
	"container/list"
	"crypto/sha256"

	"github.com/dgraph-io/badger/v4"
)

// uuidHash stands for a uuid, which may be any string. Two different ones are
// never met with the same hash.
type uuidHash [16]byte

func hashUUID(uuid string) uuidHash {
	sum := sha256.Sum256([]byte(uuid))
	return uuidHash(sum[:])
}

// uuidSet holds the uuids of one transcript.
type uuidSet map[uuidHash]struct{}

// missing returns the lines that are not in the set, nor twice among
// themselves. Those without a uuid are always missing.
func (s uuidSet) missing(lines []line) []line {
	var fresh []line
	batch := make(uuidSet)
	for _, l := range lines {
		_, known := s[l.uuid]
		_, twice := batch[l.uuid]
		if known || twice {
			continue
		}
		if l.uuid != (uuidHash{}) {
			batch[l.uuid] = struct{}{}
		}
		fresh = append(fresh, l)
	}
	return fresh
}

func uuidsOf(lines []line) (hashes []uuidHash) {
	for _, l := range lines {
		if l.uuid != (uuidHash{}) {
			hashes = append(hashes, l.uuid)
		}
	}
	return hashes
}

// maxUUIDs is how many uuids are kept in memory, over all transcripts: some
// 5 MiB. One transcript may have more.
const maxUUIDs = 100_000

// uuidSets are the sets of those transcripts that were appended to lately. It
// is the writer's own.
type uuidSets struct {
	sets  map[transcript]*list.Element // of a usedSet
	used  *list.List                   // the sets, the one that was used last in front
	total int                          // uuids in all sets
}

type usedSet struct {
	transcript
	uuidSet
}

// learned are uuids that a plan adds to a transcript.
type learned struct {
	transcript
	uuids []uuidHash
}

func newUUIDSets() *uuidSets {
	return &uuidSets{sets: make(map[transcript]*list.Element), used: list.New()}
}

// of returns the set of a transcript, as txn shows it.
func (u *uuidSets) of(txn *badger.Txn, t transcript) (uuidSet, error) {
	if at, ok := u.sets[t]; ok {
		u.used.MoveToFront(at)
		return at.Value.(usedSet).uuidSet, nil
	}
	s := usedSet{t, make(uuidSet)}
	for x, err := range extents(txn, t) {
		if err != nil {
			return nil, err
		}
		for _, hash := range x.uuids {
			s.uuidSet[hash] = struct{}{}
		}
	}
	u.add(s)
	return s.uuidSet, nil
}

func (u *uuidSets) add(s usedSet) {
	u.sets[s.transcript] = u.used.PushFront(s)
	u.total += len(s.uuidSet)
	u.evict()
}

// learn adds what a plan planned to the sets that are there.
func (u *uuidSets) learn(all []learned) {
	for _, l := range all {
		at, ok := u.sets[l.transcript]
		if !ok {
			continue
		}
		u.used.MoveToFront(at)
		s := at.Value.(usedSet)
		before := len(s.uuidSet)
		for _, hash := range l.uuids {
			s.uuidSet[hash] = struct{}{}
		}
		u.total += len(s.uuidSet) - before // of a verbatim copy some were known
		u.evict()
	}
}

// evict drops the sets that were not used for longest, but never the one that
// was used last, until the rest is small enough.
func (u *uuidSets) evict() {
	for u.total > maxUUIDs && len(u.sets) > 1 {
		u.drop(u.used.Back().Value.(usedSet).transcript)
	}
}

// drop forgets the set of a transcript.
func (u *uuidSets) drop(t transcript) {
	if at, ok := u.sets[t]; ok {
		u.total -= len(u.used.Remove(at).(usedSet).uuidSet)
		delete(u.sets, t)
	}
}

// clear forgets all sets: something that was learned did not come to be.
func (u *uuidSets) clear() { *u = *newUUIDSets() }
