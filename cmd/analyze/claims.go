package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"slotbench/internal/claims"
)

const claimsLong = `claims recomputes what an often-cited article says about slot-sharded clusters:
each claim, what comes out, and how it was computed. Seeds are pinned, so it is
the same every time; nothing is printed from a table. Facts about products, which
arithmetic cannot tell, say so. It takes a few seconds.`

func newClaims(p *program) *cobra.Command {
	format := "table"
	cmd := &cobra.Command{
		Use:   "claims",
		Short: "Recompute what is said about hash slots, and say what is true",
		Long:  claimsLong,
		Example: `  analyze claims
  analyze claims --format markdown > claims.md`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misusef("claims takes no INPUT (see %s --help)", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if claimWriters[format] == nil {
				return misusef("--format %q: want table, csv, markdown or json", format)
			}
			return p.claims(cmd.Context(), format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "table, csv, markdown or json")
	return cmd
}

// claims recomputes, and prints what was computed also if it is interrupted.
// The table is printed as it comes.
func (p *program) claims(ctx context.Context, format string) error {
	findings := []claims.Finding{}
	var failed error
	err := claims.Recompute(ctx, func(f claims.Finding) {
		findings = append(findings, f)
		if format == "table" {
			_, failure := io.WriteString(p.stdout, claimText(len(findings), f))
			failed = errors.Join(failed, failure)
		}
	})
	if failed != nil {
		return errors.Join(err, fmt.Errorf("write the report: %w", failed))
	}
	if failure := claimWriters[format](p.stdout, findings); failure != nil {
		err = errors.Join(err, fmt.Errorf("write the report: %w", failure))
	}
	return err
}

var claimWriters = map[string]func(io.Writer, []claims.Finding) error{
	"table": func(io.Writer, []claims.Finding) error { return nil }, // see claims
	"json":  func(w io.Writer, findings []claims.Finding) error { return jsonOf(w, findings) },
	"csv": func(w io.Writer, findings []claims.Finding) error {
		rows := [][]string{{"claim", "verdict", "truth", "how"}}
		for _, f := range findings {
			rows = append(rows, []string{f.Claim, string(f.Verdict), f.Truth, f.How})
		}
		return csv.NewWriter(w).WriteAll(rows)
	},
	"markdown": func(w io.Writer, findings []claims.Finding) error {
		s := section{head: []string{"Claim", "Verdict", "Computed", "How"}, left: []int{0, 1, 2, 3}}
		for _, f := range findings {
			s.rows = append(s.rows, []string{f.Claim, string(f.Verdict), f.Truth, f.How})
		}
		return markdownOf(w, "Claims, recomputed", []section{s})
	},
}

// claimWidth is where lines are broken.
const claimWidth = 100

func claimText(number int, f claims.Finding) string {
	text := fmt.Sprintf("%2d. %s\n    %s\n    %s\n", number, wrap(f.Claim, "    "),
		wrap(strings.ToUpper(string(f.Verdict))+". "+f.Truth, "    "), wrap("How: "+f.How+".", "    "))
	if number > 1 {
		return "\n" + text
	}
	return text
}

// wrap breaks text between words; the lines after the first are indented.
func wrap(text, indent string) string {
	var out strings.Builder
	width := len(indent)
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		if i > 0 && width+1+n > claimWidth {
			out.WriteString("\n" + indent)
			width = len(indent)
		} else if i > 0 {
			out.WriteByte(' ')
			width++
		}
		out.WriteString(word)
		width += n
	}
	return out.String()
}
