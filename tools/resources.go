package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// The resources. Wherever a session_id stands, a name will do.
const (
	indexURI      = "session://index"
	indexTemplate = "session://index{?since,tag}"
	requestsURI   = "session://" + aboutRequests
	sessionURI    = "session://{session_id}"
	transcriptURI = "session://{session_id}/transcript"

	jsonType     = "application/json"
	markdownType = "text/markdown"
)

const (
	listed              = 50     // sessions among the resources, and in an index without since
	maxTranscriptTokens = 20_000 // of a transcript as a resource, which has no pages
)

// resources are what can be read by URI.
type resources struct {
	sessions Sessions
	log      *slog.Logger
}

// addTo makes the resources known to a server.
func (r resources) addTo(srv *server.MCPServer) {
	srv.AddResource(mcp.NewResource(indexURI, "index",
		mcp.WithResourceDescription("The newest sessions, and a seq: session://index?since=SEQ tells later what has changed since. Subscribe to it to be told when to look."),
		mcp.WithMIMEType(jsonType)), r.index)
	srv.AddResource(mcp.NewResource(requestsURI, "requests",
		mcp.WithResourceDescription("What sessions ask a person now: permissions and questions, the oldest first. answer_request answers. Subscribe to it to be told when to look."),
		mcp.WithMIMEType(jsonType)), r.requests)
	srv.AddResourceTemplate(mcp.NewResourceTemplate(indexTemplate, "changes",
		mcp.WithTemplateDescription("The sessions that were changed or deleted since a seq; with tag, only those that have it, and the ids of those untagged."),
		mcp.WithTemplateMIMEType(jsonType)), r.index)
	srv.AddResourceTemplate(mcp.NewResourceTemplate(sessionURI, "session",
		mcp.WithTemplateDescription("A session, as get_session tells it: status, settings, usage, turn, queue, requests, lineage, files."),
		mcp.WithTemplateMIMEType(jsonType)), r.session)
	srv.AddResourceTemplate(mcp.NewResourceTemplate(transcriptURI, "transcript",
		mcp.WithTemplateDescription("The newest part of a session's conversation. read_transcript reads all of it."),
		mcp.WithTemplateMIMEType(markdownType)), r.transcript)
}

// list adds the newest sessions to an answer to resources/list.
func (r resources) list(ctx context.Context, _ any, _ *mcp.ListResourcesRequest, result *mcp.ListResourcesResult) {
	page, err := r.sessions.List(ctx, engine.Call{Client: clientName(ctx)}, engine.ListRequest{Limit: listed})
	if err != nil {
		r.log.Warn("listing sessions as resources", "error", err)
		return
	}
	for _, s := range page.Sessions {
		about := fmt.Sprintf("%s, %s, in %s", s.Status, count(s.Turns, "turn"), s.Cwd)
		result.Resources = append(result.Resources, mcp.NewResource("session://"+s.ID+"/transcript", s.ID,
			mcp.WithResourceTitle(oneline.Cut(s.Title, maxRowTitle)), mcp.WithResourceDescription(about), mcp.WithMIMEType(markdownType)))
	}
}

// index is the list, or what has changed in it.
type index struct {
	engine.Changes
	Untagged []string `json:"untagged,omitempty"` // ids of those that have changed and do not have the tag
	Next     string   `json:"next"`               // URI of the changes since
}

func (r resources) index(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	since, err := sinceOf(argument1(req, "since"))
	if err != nil {
		return nil, err
	}
	call := engine.Call{Client: clientName(ctx)}
	changes, err := r.sessions.Changes(ctx, call, engine.ChangesRequest{Since: since})
	if err != nil {
		return nil, err
	}
	tag := argument1(req, "tag")
	if since == nil || changes.Resync {
		page, err := r.sessions.List(ctx, call, engine.ListRequest{Limit: listed, Tag: tag})
		if err != nil {
			return nil, err
		}
		changes.Sessions = page.Sessions
	}
	out := index{Changes: changes, Next: changesSince(changes.Seq, tag)}
	out.Sessions = boundList(engine.List{Sessions: changes.Sessions}).Sessions
	if tag != "" {
		out.Untagged = out.keep(tag)
	}
	return contents(req, jsonType, string(encode(out))), nil
}

// keep leaves the sessions that have a tag, and returns the ids of the others.
func (x *index) keep(tag string) (others []string) {
	x.Sessions = slices.DeleteFunc(x.Sessions, func(s engine.Row) bool {
		if slices.Contains(s.Tags, tag) {
			return false
		}
		others = append(others, s.ID)
		return true
	})
	return others
}

// changesSince is the URI of an index, as indexTemplate has it.
func changesSince(seq uint64, tag string) string {
	uri := fmt.Sprintf("%s?since=%d", indexURI, seq)
	if tag != "" {
		uri += "&tag=" + strings.ReplaceAll(url.QueryEscape(tag), "+", "%20") // a plus is none but in forms
	}
	return uri
}

func sinceOf(text string) (*uint64, error) {
	if text == "" {
		return nil, nil
	}
	seq, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, invalid("Give the seq of an earlier answer, or leave it out.", "since is %q, which is no number.", oneline.Cut(text, 40))
	}
	return &seq, nil
}

func (r resources) requests(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	open, err := r.sessions.Requests(ctx, engine.Call{Client: clientName(ctx)}, engine.RequestsRequest{})
	if err != nil {
		return nil, err
	}
	return contents(req, jsonType, string(encode(open))), nil
}

func (r resources) session(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	s, err := r.sessions.Get(ctx, engine.Call{Client: clientName(ctx)}, engine.GetRequest{Session: argument1(req, "session_id")})
	if err != nil {
		return nil, err
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	return contents(req, jsonType, string(raw)), err
}

func (r resources) transcript(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	t, err := r.sessions.Read(ctx, engine.Call{Client: clientName(ctx)}, engine.ReadRequest{
		Session: argument1(req, "session_id"), Limit: engine.MaxLimit, MaxTokens: maxTranscriptTokens,
	})
	if err != nil {
		return nil, err
	}
	return contents(req, markdownType, showTranscript(t)), nil
}

// argument1 is the value that the URI of a request has for a variable of its
// template; "" if it has none.
func argument1(req mcp.ReadResourceRequest, name string) string {
	values, _ := req.Params.Arguments[name].([]string)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func contents(req mcp.ReadResourceRequest, mime, text string) []mcp.ResourceContents {
	return []mcp.ResourceContents{mcp.TextResourceContents{URI: req.Params.URI, MIMEType: mime, Text: text}}
}

// CompleteResourceArgument implements server.ResourceCompletionProvider: names
// and ids of sessions, and tags.
func (r resources) CompleteResourceArgument(ctx context.Context, _ string, argument mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	if argument.Name != "session_id" && argument.Name != "tag" {
		return &mcp.Completion{Values: []string{}}, nil
	}
	found, err := r.sessions.Complete(ctx, engine.Call{Client: clientName(ctx)},
		engine.CompleteRequest{Begun: argument.Value, Tag: argument.Name == "tag"})
	if err != nil {
		return nil, err
	}
	return &mcp.Completion{Values: found.Values, HasMore: found.More}, nil
}
