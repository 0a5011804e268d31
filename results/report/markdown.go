package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"slotbench/results"
)

// Markdown writes the report as GitHub shows it. Its pictures are files of
// their own: see Files.
func Markdown(w io.Writer, rec *results.Record, o Options) error { return markdown(w, rec, o, nil) }

// markdown shows pictures that lie beside the text.
func markdown(w io.Writer, rec *results.Record, o Options, pictures []picture) error {
	doc := build(rec, o)
	return doc.markdown(w, pictures)
}

// markdown writes the document as GitHub shows it.
func (doc *document) markdown(w io.Writer, pictures []picture) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n", escape(doc.title))
	for _, s := range doc.sections {
		if s.title != "" {
			fmt.Fprintf(&out, "\n## %s\n", escape(s.title))
		}
		if s.table != nil && len(s.table.rows) > 0 {
			out.WriteByte('\n')
			markdownTable(&out, s.table)
		}
		listed := false
		for _, line := range s.lines {
			item, isItem := strings.CutPrefix(line, bullet)
			// Items stand together, other lines are paragraphs.
			if !isItem || !listed {
				out.WriteByte('\n')
			}
			if listed = isItem; isItem {
				out.WriteString(bullet)
			}
			fmt.Fprintln(&out, escape(item))
		}
		for _, p := range pictures {
			if p.section == s.name {
				fmt.Fprintf(&out, "\n![%s](%s)\n", escape(p.title), p.file)
			}
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

func markdownTable(out *bytes.Buffer, t *table) {
	columns := len(t.rows[0])
	head := t.head
	if head == nil {
		head = make([]string, columns) // a table must have one
	}
	markdownRow(out, head)
	for i := range columns {
		if t.isLeft(i) {
			out.WriteString("|:--")
		} else {
			out.WriteString("|--:")
		}
	}
	out.WriteString("|\n")
	for _, row := range t.rows {
		markdownRow(out, row)
	}
}

func markdownRow(out *bytes.Buffer, cells []string) {
	for _, c := range cells {
		fmt.Fprintf(out, "| %s ", escape(c))
	}
	out.WriteString("|\n")
}

// markdownEscapes takes their meaning from the characters that Markdown has one for.
var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, ">", `\>`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "#", `\#`)

func escape(text string) string { return markdownEscapes.Replace(text) }
