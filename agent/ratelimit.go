package agent

import (
	"encoding/json"
	"math"
	"time"
)

// RateLimit tells how much of an account's limit is used. It comes when that has
// changed, of accounts with a plan; a key's limits are told by Retry alone.
type RateLimit struct {
	Status string    // "allowed", "allowed_warning" or "rejected"
	Window string    // which limit: "five_hour", "seven_day", "seven_day_opus", … ; "" not told
	Used   float64   // of that limit, 1 being all; 0: not told
	Resets time.Time // when it begins anew; zero: not told
}

// Statuses of a RateLimit. Those that are not known count as allowed.
const (
	RateAllowed  = "allowed"
	RateWarning  = "allowed_warning"
	RateRejected = "rejected"
)

func (f *frame) rateLimit() []Event {
	var info struct {
		Status string  `json:"status"`
		Window string  `json:"rateLimitType"`
		Used   float64 `json:"utilization"`
		Resets float64 `json:"resetsAt"` // seconds since 1970
	}
	if json.Unmarshal(f.RateLimit, &info); info.Status == "" {
		return nil // of a shape that is not known
	}
	r := RateLimit{Status: info.Status, Window: info.Window, Used: info.Used}
	if info.Resets > 0 && info.Resets < math.MaxInt32*100 {
		r.Resets = time.Unix(int64(info.Resets), 0).UTC()
	}
	return []Event{r}
}
