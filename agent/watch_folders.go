//go:build linux || windows

package agent

// canWatch tells whether folders can be watched without holding a descriptor
// for each file in them.
const canWatch = true
