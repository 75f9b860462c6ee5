package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// fetch reads a resource.
func fetch(t *testing.T, c *client.Client, uri string) (mcp.TextResourceContents, error) {
	t.Helper()
	var req mcp.ReadResourceRequest
	req.Params.URI = uri
	result, err := c.ReadResource(t.Context(), req)
	if err != nil {
		return mcp.TextResourceContents{}, err
	}
	if len(result.Contents) != 1 {
		t.Fatalf("%s has %d contents, want 1", uri, len(result.Contents))
	}
	return result.Contents[0].(mcp.TextResourceContents), nil
}

// library is a fake with two sessions and two changes.
func library() *fake {
	row := engine.Row{ID: parentID, Title: "main", Status: "idle", Cwd: "/src/app", Turns: 1, Tags: []string{"red"}}
	return &fake{
		list: func() (engine.List, error) {
			return engine.List{Total: 2, Sessions: []engine.Row{row, {ID: childID, Title: "child", Status: "idle", Cwd: "/"}}}, nil
		},
		read: func() (engine.Transcript, error) { return plainPage(engine.FormatMarkdown), nil },
		requests: func(context.Context, engine.RequestsRequest) (engine.OpenRequests, error) {
			return engine.OpenRequests{Seq: 3, Requests: []engine.Request{permission("p")}}, nil
		},
		changes: func(_ context.Context, req engine.ChangesRequest) (engine.Changes, error) {
			switch {
			case req.Since == nil:
				return engine.Changes{Seq: 9, Sessions: []engine.Row{}}, nil
			case *req.Since == 1:
				return engine.Changes{Seq: 9, Sessions: []engine.Row{}, Resync: true}, nil
			}
			return engine.Changes{Seq: 9, Sessions: []engine.Row{row}, Deleted: []string{"gone"}}, nil
		},
	}
}

func TestReadResources(t *testing.T) {
	tests := []struct {
		uri, mime string
		want      []string // in the text
	}{
		{"session://main", jsonType, []string{`"session_id": "` + parentID + `"`, `"cwd": "/src/app"`}},
		{"session://" + parentID + "/transcript", markdownType, []string{"There are 12 files.", "prev_cursor"}},
		{"session://requests", jsonType, []string{`"seq":3`, `"request_id":"p"`, `"session_id":"` + parentID}},
		{"session://index", jsonType, []string{`"seq":9`, parentID, childID, `"next":"session://index?since=9"`}},
		{"session://index?since=7", jsonType, []string{`"seq":9`, parentID, `"deleted":["gone"]`}},
		{"session://index?since=7&tag=red", jsonType, []string{`"session_id":"` + parentID, `"next":"session://index?since=9&tag=red"`}},
		{"session://index?since=7&tag=sea%20blue", jsonType, []string{`"sessions":[],"deleted":["gone"]`, `"untagged":["` + parentID + `"]`, `"next":"session://index?since=9&tag=sea%20blue"`}},
		{"session://index?tag=red", jsonType, []string{parentID, `"next":"session://index?since=9&tag=red"`}},
		{"session://index?since=1", jsonType, []string{`"resync":true`, childID}},
	}
	for _, era := range eras {
		c := connect(t, library(), Options{}, era)
		for _, test := range tests {
			got, err := fetch(t, c, test.uri)
			if err != nil {
				t.Errorf("%s, %s: %v", era, test.uri, err)
				continue
			}
			if got.MIMEType != test.mime || got.URI != test.uri || test.mime == jsonType && !json.Valid([]byte(got.Text)) {
				t.Errorf("%s, %s is %s of type %s: %.200s", era, test.uri, got.URI, got.MIMEType, got.Text)
			}
			for _, want := range test.want {
				if text := strings.ReplaceAll(got.Text, `\u0026`, "&"); !strings.Contains(text, want) {
					t.Errorf("%s, %s has no %s: %.500s", era, test.uri, want, got.Text)
				}
			}
		}
		for _, uri := range []string{"session://nobody", "session://index?since=x", "session://a/b", "file:///etc/passwd"} {
			if got, err := fetch(t, c, uri); err == nil {
				t.Errorf("%s, %s gave %q, want an error", era, uri, got.Text)
			}
		}
	}
}

func TestListOfResources(t *testing.T) {
	for _, era := range eras {
		c := connect(t, library(), Options{}, era)
		list, err := c.ListResources(t.Context(), mcp.ListResourcesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range list.Resources {
			got = append(got, r.URI+" "+r.Title)
		}
		want := fmt.Sprintf("[session://index  session://requests  session://%s/transcript main session://%s/transcript child]", parentID, childID)
		if fmt.Sprint(got) != want {
			t.Errorf("%s: resources are %v, want %s", era, got, want)
		}
		templates, err := c.ListResourceTemplates(t.Context(), mcp.ListResourceTemplatesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(templates.ResourceTemplates); n != 3 {
			t.Errorf("%s: there are %d templates, want 3", era, n)
		}
	}
	// Without an engine the list is short, and no error.
	if list, err := connect(t, failing(engine.Errorf(engine.Unavailable, "", "no engine.")), Options{}, eras[0]).
		ListResources(t.Context(), mcp.ListResourcesRequest{}); err != nil || len(list.Resources) != 2 {
		t.Errorf("without an engine: %v, %v", list, err)
	}
}

func TestCompletion(t *testing.T) {
	for argument, want := range map[string]string{"session_id": "ma-session", "tag": "ma-tag", "since": ""} {
		var req mcp.CompleteRequest
		req.Params.Ref = mcp.ResourceReference{Type: "ref/resource", URI: sessionURI}
		req.Params.Argument = mcp.CompleteArgument{Name: argument, Value: "ma"}
		got, err := connect(t, library(), Options{}, eras[0]).Complete(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if values := strings.Join(got.Completion.Values, " "); values != want {
			t.Errorf("completing %s gave %q, want %q", argument, values, want)
		}
	}
}
