package render

import (
	"bytes"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// markup makes HTML of Markdown that is not to be trusted: HTML in it is shown
// as text, links lead nowhere harmful, and pictures are links, as a page loads
// nothing from outside.
type markup struct{ markdown goldmark.Markdown }

func newMarkup() *markup {
	return &markup{goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(tamed{}, 100))),
	)}
}

// html returns text as HTML; what cannot be read as Markdown, as it stands.
func (m *markup) html(text string) template.HTML {
	var b bytes.Buffer
	if err := m.markdown.Convert([]byte(text), &b); err != nil {
		return template.HTML("<pre>" + template.HTMLEscapeString(text) + "</pre>")
	}
	return template.HTML(b.String())
}

// tamed renders the nodes that could carry something in.
type tamed struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (tamed) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, rawHTML)
	r.Register(ast.KindHTMLBlock, htmlBlock)
	r.Register(ast.KindImage, image)
}

func rawHTML(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	segments := node.(*ast.RawHTML).Segments
	for i := range segments.Len() {
		segment := segments.At(i)
		template.HTMLEscape(w, segment.Value(source))
	}
	return ast.WalkSkipChildren, nil
}

func htmlBlock(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	block := node.(*ast.HTMLBlock)
	if !entering {
		if block.HasClosure() {
			template.HTMLEscape(w, block.ClosureLine.Value(source))
		}
		_, err := w.WriteString("</p>\n")
		return ast.WalkContinue, err
	}
	_, err := w.WriteString(`<p class="raw">`)
	lines := block.Lines()
	for i := range lines.Len() {
		segment := lines.At(i)
		template.HTMLEscape(w, segment.Value(source))
	}
	return ast.WalkContinue, err
}

func image(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, err := w.WriteString("</a>")
		return ast.WalkContinue, err
	}
	target := node.(*ast.Image).Destination
	if util.IsBlank(target) || isHarmful(target) {
		target = []byte("#")
	}
	_, err := w.WriteString(`<a rel="noreferrer" href="` + template.HTMLEscapeString(string(util.URLEscape(target, true))) + `">picture: `)
	return ast.WalkContinue, err
}

// isHarmful finds targets that are more than a place to go to.
func isHarmful(target []byte) bool {
	target = bytes.ToLower(bytes.TrimSpace(target))
	for _, scheme := range []string{"javascript:", "vbscript:", "file:", "data:"} {
		if bytes.HasPrefix(target, []byte(scheme)) {
			return true
		}
	}
	return false
}
