package sessionstore

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// giveBackMapped lets the system have the memory by which files below a folder
// are mapped into this process. It brings back what is read again: all that
// this can cost is time.
func giveBackMapped(dir string) error {
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uintptr
		line := lines.Text()
		if !strings.Contains(line, " "+dir+"/") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			return err
		}
		// It takes nothing away from whatever else may be there by now, as the
		// advice DONTNEED would. A system that does not know it leaves all as it is.
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_PAGEOUT)
	}
	return nil
}

// mappedMemory is how much memory of this process is that of files, in bytes; 0
// if that is not known.
func mappedMemory() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident, shared int64
	_, _ = fmt.Sscan(string(b), &size, &resident, &shared) // what is missing stays 0
	return shared * int64(os.Getpagesize())
}
