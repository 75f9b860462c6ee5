package daemon

import "strconv"

// newer reports whether build a is to take over from build b. A build is a
// number that grows from one to the next, such as the time of the commit in
// Unix seconds; anything else is unknown, and never takes over.
func newer(a, b string) bool {
	return buildNumber(a) > buildNumber(b)
}

func buildNumber(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
