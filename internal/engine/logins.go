package engine

import (
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
)

// refusals names the limit of an account of which nothing is known but that the
// API refuses its requests.
const refusals = "refusals"

// logins is what Claude Code told of the accounts that it uses, by the
// fingerprint of the environment, and of models. It lives in memory: what it
// holds is old in hours. The zero value is ready; it is safe to use at once.
type logins struct {
	mu      sync.Mutex
	known   map[string]account
	windows map[string]int64 // tokens that the context of a model holds
}

type account struct {
	rate    agent.RateLimit
	expires time.Time
}

// update changes what is known of an account.
func (l *logins) update(fingerprint string, change func(*account)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[string]account{}
	}
	a := l.known[fingerprint]
	change(&a)
	l.known[fingerprint] = a
}

// limited keeps the newest state of an account's limit.
func (l *logins) limited(fingerprint string, r agent.RateLimit) {
	l.update(fingerprint, func(a *account) { a.rate = r })
}

// refused keeps that the API refused a request for there being too many. What a
// plan's limit says is worth more.
func (l *logins) refused(fingerprint string, again time.Time) {
	l.update(fingerprint, func(a *account) {
		if a.rate.Status != agent.RateRejected {
			a.rate = agent.RateLimit{Status: agent.RateWarning, Window: refusals, Resets: again}
		}
	})
}

// answered takes from a result what it tells of the account and the models.
func (l *logins) answered(fingerprint string, r agent.Result) {
	l.update(fingerprint, func(a *account) {
		a.expires = r.LoginExpires
		if r.OK && a.rate.Window == refusals {
			a.rate = agent.RateLimit{}
		}
		if l.windows == nil {
			l.windows = map[string]int64{}
		}
		for model, window := range r.Windows {
			l.windows[model] = window
		}
	})
}

// window is how many tokens the context of a model holds; 0: not known.
func (l *logins) window(model string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.windows[model]
}

// resets is when an account that has reached its limit may go on; zero: it has
// not, or it is not known.
func (l *logins) resets(fingerprint string, now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.known[fingerprint]; a.rate.Status == agent.RateRejected && a.rate.Resets.After(now) {
		return a.rate.Resets
	}
	return time.Time{}
}

// limits are those of an account that are near or reached.
func (l *logins) limits(fingerprint string, now time.Time) []Limit {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[fingerprint].limits(now)
}

// all are those of all accounts.
func (l *logins) all(now time.Time) (list []Limit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.known {
		list = append(list, a.limits(now)...)
	}
	return list
}

func (a account) limits(now time.Time) (list []Limit) {
	for _, limit := range []*Limit{rateLimit(a.rate, now), loginLimit(a.expires, now)} {
		if limit != nil {
			list = append(list, *limit)
		}
	}
	return list
}
