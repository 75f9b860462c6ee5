package bench

import (
	"fmt"
	"strings"
	"time"
)

// A report is a table of figures: ours, and those of others on the same folder
// in the same run.
type report struct {
	others []string
	names  []string
	cells  map[string]map[string]string // by name and whose; ours is ""
}

// add notes a figure of ours.
func (r *report) add(name, format string, v ...any) { r.addOf("", name, format, v...) }

// addOf notes somebody's figure.
func (r *report) addOf(whose, name, format string, v ...any) {
	if r.cells[name] == nil {
		if r.cells == nil {
			r.cells = map[string]map[string]string{}
		}
		r.cells[name] = map[string]string{}
		r.names = append(r.names, name)
	}
	if whose != "" && !strings.Contains(strings.Join(r.others, "|"), whose) {
		r.others = append(r.others, whose)
	}
	r.cells[name][whose] = fmt.Sprintf(format, v...)
}

// print writes the table as Markdown.
func (r *report) print() {
	fmt.Printf("\n\n| | ours |%s\n|---|---|%s\n", columns(r.others), strings.Repeat("---|", len(r.others)))
	for _, name := range r.names {
		cells := []string{r.cells[name][""]}
		for _, whose := range r.others {
			cells = append(cells, r.cells[name][whose])
		}
		fmt.Printf("| %s |%s\n", name, columns(cells))
	}
	fmt.Println()
}

func columns(cells []string) string {
	var b strings.Builder
	for _, c := range cells {
		b.WriteString(" " + c + " |")
	}
	return b.String()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
