package agent

import "encoding/json"

// An Edit is a change of a file that a tool was asked for.
type Edit struct {
	Path     string
	Old, New string // Old is "" for a file that is written as a whole
}

// Edits returns the changes of files that a use of a tool asks for; none for
// other tools, and for inputs of another shape.
func Edits(tool string, input json.RawMessage) []Edit {
	type change struct {
		Old string `json:"old_string"`
		New string `json:"new_string"`
	}
	var in struct {
		Path     string `json:"file_path"`
		Notebook string `json:"notebook_path"`
		Content  string `json:"content"`
		Source   string `json:"new_source"`
		change
		Edits []change `json:"edits"`
	}
	if json.Unmarshal(input, &in) != nil {
		return nil
	}
	switch tool {
	case "Write":
		return []Edit{{Path: in.Path, New: in.Content}}
	case "Edit":
		return []Edit{{Path: in.Path, Old: in.Old, New: in.New}}
	case "NotebookEdit":
		return []Edit{{Path: in.Notebook, New: in.Source}}
	case "MultiEdit":
		var edits []Edit
		for _, e := range in.Edits {
			edits = append(edits, Edit{Path: in.Path, Old: e.Old, New: e.New})
		}
		return edits
	}
	return nil
}
