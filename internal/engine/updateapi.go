package engine

// UpdateRequest changes a session. What is nil stays as it is.
type UpdateRequest struct {
	Session    string   `json:"session" jsonschema:"Name, id, or unique prefix (4 or more characters) of the id of a session."`
	Name       *string  `json:"name,omitzero" jsonschema:"Unique name to call the session by; empty takes it away."`
	Title      *string  `json:"title,omitzero" jsonschema:"Title that people see, before the name; empty takes it away."`
	AddTags    []string `json:"add_tags,omitzero" jsonschema:"Tags to add."`
	RemoveTags []string `json:"remove_tags,omitzero" jsonschema:"Tags to take away."`
	Note       *string  `json:"note,omitzero" jsonschema:"A note for people, in the place of the old one."`
	Archived   *bool    `json:"archived,omitzero" jsonschema:"true puts the session away: lists leave it out. false brings it back."`
	SettingsPatch
}

// Updated is the result of an UpdateRequest.
type Updated struct {
	Session Session  `json:"session"`
	Changed []string `json:"changed"`        // arguments that made a difference
	Live    []string `json:"live,omitempty"` // sentences: what the turn that runs now makes of it
	Next    string   `json:"next,omitempty"`
}
