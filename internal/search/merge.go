package search

import (
	"context"
	"fmt"
	"time"
)

// How the segments of the full-text table become fewer. The table itself would
// merge while it is written to, which is most of what it costs to index many
// sessions. Here that is left to times when nothing waits, in steps, with a
// rest after each, so that a change waits for one step at most. Each rest is as
// long as the step, or, while somebody searches, much longer.
const (
	merging      = 16  // so many segments are merged into one
	mostSegments = 500 // so many are merged at once, whoever waits: a table takes 2,000
	mergePages   = 250 // to a step
	searchRest   = 9   // steps
)

var mergeSettings = map[string]int{"automerge": 0, "usermerge": merging, "crisismerge": mostSegments}

// configure makes the settings of an index those of this version.
func (db *database) configure() error {
	for name, value := range mergeSettings {
		if _, err := db.write.Exec(`INSERT INTO words(words, rank) VALUES (?, ?)`, name, value); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	return nil
}

// tidy merges until the store changes, or nothing is left to merge.
func (f *follower) tidy(ctx context.Context) error {
	searches := f.searches.Load()
	for f.untidy && ctx.Err() == nil && !f.behind(ctx) {
		began := time.Now()
		more, err := f.merge(ctx)
		if err != nil {
			return fmt.Errorf("merging: %w", err)
		}
		f.untidy = more
		rest := time.Since(began)
		if now := f.searches.Load(); now != searches {
			searches, rest = now, searchRest*rest
		}
		f.rest(ctx, min(rest, pause))
	}
	return nil
}

// merge does a step, and tells whether there was anything to do.
func (f *follower) merge(ctx context.Context) (worked bool, err error) {
	var before, after int64
	if err := f.db.write.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&before); err != nil {
		return false, err
	}
	if _, err := f.db.write.ExecContext(ctx, `INSERT INTO words(words, rank) VALUES ('merge', ?)`, mergePages); err != nil {
		return false, err
	}
	err = f.db.write.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&after)
	return after-before > 1, err // the command itself is one
}
