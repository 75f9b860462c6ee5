package daemon

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallerIsForgotten(t *testing.T) {
	tests := []struct {
		name string
		// use has the caller known until it returns.
		use func(t *testing.T, r *registry, id string)
	}{
		{"when it does not attend in time", func(*testing.T, *registry, string) {
			time.Sleep(attendGrace - time.Second)
		}},
		{"when it leaves", func(t *testing.T, r *registry, id string) {
			leave := must(r.attend(id))(t)
			time.Sleep(time.Hour)
			leave()
		}},
		{"when it leaves for the second time", func(t *testing.T, r *registry, id string) {
			first, second := must(r.attend(id))(t), must(r.attend(id))(t)
			first()
			time.Sleep(time.Hour)
			expectKnown(t, r, id)
			second()
		}},
		{"when its last call ends", func(t *testing.T, r *registry, id string) {
			leave := must(r.attend(id))(t)
			_, end, err := r.begin(id)
			if err != nil {
				t.Fatal(err)
			}
			leave()
			expectKnown(t, r, id)
			end()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry()
				id := must(r.add(fakeAPI{}))(t)
				expectKnown(t, r, id)
				tt.use(t, r, id)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if _, err := r.attend(id); !errors.Is(err, refusedUnknown) {
					t.Errorf("got %v, want %v", err, refusedUnknown)
				}
				if n := len(r.callers); n != 0 {
					t.Errorf("%d callers are kept", n)
				}
			})
		})
	}
}

func expectKnown(t *testing.T, r *registry, id string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.find(id); err != nil {
		t.Errorf("the caller is not known: %v", err)
	}
}

func TestClosedRegistryLetsNobodyIn(t *testing.T) {
	r := newRegistry()
	id := must(r.add(fakeAPI{}))(t)
	r.close()
	_, errAdd := r.add(fakeAPI{})
	_, errAttend := r.attend(id)
	_, _, errBegin := r.begin(id)
	_, errUnnamed := r.beginUnnamed()
	for _, err := range []error{errAdd, errAttend, errBegin, errUnnamed} {
		if !errors.Is(err, refusedStopping) {
			t.Errorf("got %v, want %v", err, refusedStopping)
		}
	}
	if r.closeIfResting(func() bool { return false }) {
		t.Error("it was closed twice")
	}
}

func TestRegistryIsNotClosedUnderACall(t *testing.T) {
	r := newRegistry()
	idle := func() bool { return false }
	end := must(r.beginUnnamed())(t)
	if r.closeIfResting(idle) || r.closeIfIdle(idle, 0) {
		t.Error("closed with a call in flight")
	}
	end()
	if r.closeIfResting(func() bool { return true }) {
		t.Error("closed though busy")
	}
	if !r.closeIfResting(idle) {
		t.Error("not closed though nothing goes on")
	}
}

// must returns v, or ends the test: must(f())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
