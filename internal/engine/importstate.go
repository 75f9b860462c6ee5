package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// importers are all there are, in the order of their folders.
func (e *Engine) allImporters() []*importer {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.SortedFunc(maps.Values(e.importers), func(a, b *importer) int { return cmp.Compare(a.dir, b.dir) })
}

// importAfter lets what a run of ours was at be imported, if others have
// written to it.
func (e *Engine) importAfter(id string) {
	for _, im := range e.allImporters() {
		im.after(id)
	}
}

// importing says how far the import is; "" when there is nothing to do.
func (e *Engine) importing() string {
	var done, total, reading int
	looking := false
	for _, im := range e.allImporters() {
		im.mu.Lock()
		looking = looking || !im.looked
		total += im.total
		if len(im.glances) > 0 {
			done += im.total - len(im.glances)
		} else if im.total > 0 {
			reading++
			done += max(im.total-len(im.whole), 0)
		}
		im.mu.Unlock()
	}
	switch {
	case looking && total == 0:
		return "looking for sessions"
	case total == 0:
		return ""
	case reading > 0:
		return fmt.Sprintf("reading %s of %s", thousands(done), thousands(total))
	}
	return fmt.Sprintf("importing %s of %s", thousands(done), thousands(total))
}

// thousands writes a number as people read it.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// passedOver says what of the transcripts of this machine was passed over.
func (e *Engine) passedOver() (list []string) {
	for _, im := range e.allImporters() {
		list = append(list, im.passedOver()...)
	}
	return list
}

// passedOver says it for one config folder, a sentence for each reason.
func (im *importer) passedOver() (list []string) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for _, why := range slices.Sorted(maps.Keys(im.passed)) {
		paths := im.passed[why]
		list = append(list, fmt.Sprintf("%s: %s, such as %s.", why, thousands(len(paths)), paths[0]))
	}
	for _, why := range slices.Sorted(maps.Keys(im.lines)) {
		if im.lines[why] == 0 {
			continue
		}
		list = append(list, fmt.Sprintf("%s: %s, in %s.", why, thousands(im.lines[why]), im.dir))
	}
	for _, id := range slices.Sorted(maps.Keys(im.faulty)) {
		list = append(list, im.faulty[id]+".")
	}
	if silent := im.silent(); silent != "" {
		list = append(list, silent)
	}
	if im.blind != nil {
		list = append(list, fmt.Sprintf("changes in %s are seen a little late: %v.", im.dir, im.blind))
	}
	return list
}
