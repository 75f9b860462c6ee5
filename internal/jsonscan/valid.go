package jsonscan

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth is how deep encoding/json lets JSON be. What is deeper would be a
// danger to the stack, as lines may be many megabytes of brackets.
const maxDepth = 10_000

// Valid tells whether line is valid JSON, and not too deep. Nearly all of a
// transcript is within strings: eight bytes of those are looked at at a time.
func Valid(line []byte) bool {
	i := value(line, space(line, 0), 0)
	return i >= 0 && space(line, i) == len(line)
}

// The functions below return where what they look for ends; -1 if it is not
// there, which is good for i, too.

// value is for a value inside of depth others.
func value(line []byte, i, depth int) int {
	if i < 0 || i >= len(line) {
		return -1
	}
	switch c := line[i]; {
	case c == '"':
		return str(line, i+1)
	case c == '{' || c == '[':
		return nested(line, i, depth+1)
	case c == 't':
		return word(line, i, "true")
	case c == 'f':
		return word(line, i, "false")
	case c == 'n':
		return word(line, i, "null")
	}
	return number(line, i)
}

// nested is for the object or array that begins at i.
func nested(line []byte, i, depth int) int {
	object, close := line[i] == '{', line[i]+2 // the brackets are two apart
	if depth > maxDepth {
		return -1
	}
	if i = space(line, i+1); char(line, i, close) > 0 {
		return i + 1
	}
	for i >= 0 {
		if object {
			i = char(line, i, '"')
			i = space(line, char(line, space(line, str(line, i)), ':'))
		}
		i = space(line, value(line, i, depth))
		if end := char(line, i, close); end > 0 {
			return end
		}
		i = space(line, char(line, i, ','))
	}
	return -1
}

func char(line []byte, i int, c byte) int {
	if i < 0 || i >= len(line) || line[i] != c {
		return -1
	}
	return i + 1
}

func space(line []byte, i int) int {
	for i >= 0 && i < len(line) && (line[i] == ' ' || line[i] == '\n' || line[i] == '\t' || line[i] == '\r') {
		i++
	}
	return i
}

func word(line []byte, i int, w string) int {
	if end := i + len(w); end <= len(line) && string(line[i:end]) == w {
		return end
	}
	return -1
}

func number(line []byte, i int) int {
	if i < len(line) && line[i] == '-' {
		i++
	}
	if i < len(line) && line[i] == '0' {
		i++
	} else {
		i = digits(line, i)
	}
	if i >= 0 && i < len(line) && line[i] == '.' {
		i = digits(line, i+1)
	}
	if i >= 0 && i < len(line) && (line[i] == 'e' || line[i] == 'E') {
		if i++; i < len(line) && (line[i] == '+' || line[i] == '-') {
			i++
		}
		i = digits(line, i)
	}
	return i
}

// digits is for one digit or more.
func digits(line []byte, i int) int {
	begin := i
	for i < len(line) && '0' <= line[i] && line[i] <= '9' {
		i++
	}
	if i == begin {
		return -1
	}
	return i
}

// str is for a string after its first quote.
func str(line []byte, i int) int {
	if i < 0 {
		return -1
	}
	for i < len(line) {
		if i+8 <= len(line) {
			n := plain(binary.LittleEndian.Uint64(line[i:]))
			if i += n; n == 8 {
				continue
			}
		}
		switch c := line[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c == '\\':
			if i = escape(line, i+1); i < 0 {
				return -1
			}
		default:
			i++
		}
	}
	return -1
}

// plain is how many of eight bytes come before a quote, a backslash or a control
// character. A byte borrows when what it is compared with is subtracted, which
// its highest bit tells; those after it may borrow for its sake.
func plain(eight uint64) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote, slash := eight^ones*'"', eight^ones*'\\'
	found := ((quote-ones)&^quote | (slash-ones)&^slash | (eight-ones*' ')&^eight) & tops
	return bits.TrailingZeros64(found) / 8
}

// escape is for what follows a backslash.
func escape(line []byte, i int) int {
	if i >= len(line) {
		return -1
	}
	switch line[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for n := range 4 {
			if i+1+n >= len(line) || !hex(line[i+1+n]) {
				return -1
			}
		}
		return i + 5
	}
	return -1
}

func hex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }
