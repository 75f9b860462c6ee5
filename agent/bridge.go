package agent

import (
	"cmp"
	"slices"
	"time"
)

// bridge returns the place of the entry that stands in for a parent which is not
// there: of those that are not newer, the newest, and the first of several at the
// same time. Those that skip names are left out. It is -1 if there is none.
func (c *Conversation) bridge(place int, skip func(place int) bool) int {
	m := c.messages[place]
	if m.Time.IsZero() {
		return -1
	}
	sorted := c.sortedByTime(m.Sidechain)
	later, _ := slices.BinarySearchFunc(sorted, m.Time, func(i int, t time.Time) int {
		return cmp.Or(c.messages[i].Time.Compare(t), -1) // after those of the same time
	})
	found := -1
	for _, i := range slices.Backward(sorted[:later]) {
		if found >= 0 && c.messages[i].Time.Before(c.messages[found].Time) {
			break
		}
		if i != place && !skip(i) {
			found = i
		}
	}
	return found
}

// sortedByTime returns the places of the entries that have a timestamp, of the
// session itself or of sub-agents, the oldest first.
func (c *Conversation) sortedByTime(sidechain bool) []int {
	side := 0
	if sidechain {
		side = 1
	}
	if c.byTime[side] == nil {
		sorted := []int{}
		for i, m := range c.messages {
			if m.Sidechain == sidechain && !m.Time.IsZero() {
				sorted = append(sorted, i)
			}
		}
		slices.SortStableFunc(sorted, func(a, b int) int { return c.messages[a].Time.Compare(c.messages[b].Time) })
		c.byTime[side] = sorted
	}
	return c.byTime[side]
}
