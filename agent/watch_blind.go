//go:build !linux && !windows

package agent

// canWatch tells whether folders can be watched without holding a descriptor
// for each file in them. A kqueue cannot: frequent rescans take its place.
const canWatch = false
