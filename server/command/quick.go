package command

import "strings"

// quickNames finds the commands whose names are short and written in one case,
// as clients write them, for less than a map costs: a name is one word, and
// stands in the cell that the word chooses, or in the first free one behind it.
type quickNames [quickCells]quickName

type quickName struct {
	word uint64 // 0: the cell is empty
	cmd  *Command
}

const (
	quickBits  = 11 // several cells for each name: most are in their own
	quickCells = 1 << quickBits
	quickBytes = 8 // of the longest name
	quickMix   = 0x9e3779b97f4a7c15
)

func quickCell(word uint64) uint64 { return word * quickMix >> (64 - quickBits) }

// quickWord is a name of at most quickBytes as a word, its own as long as it
// holds no NUL.
func quickWord[T string | []byte](name T) (word uint64) {
	for i := range len(name) {
		word = word<<8 | uint64(name[i])
	}
	return word
}

func (q *quickNames) fill(names map[string]*Command) {
	for name, cmd := range names {
		if len(name) > quickBytes {
			continue
		}
		for _, written := range []string{name, strings.ToUpper(name)} {
			word := quickWord(written)
			at := quickCell(word)
			for q[at].word != 0 {
				at = (at + 1) % quickCells
			}
			q[at] = quickName{word, cmd}
		}
	}
}

// find is the command of that name; nil: it is not here.
func (q *quickNames) find(name []byte) *Command {
	if len(name)-1 >= quickBytes || len(name) == 0 {
		return nil
	}
	word := quickWord(name)
	for at := quickCell(word); q[at].word != 0; at = (at + 1) % quickCells {
		if q[at].word == word && name[0] != 0 {
			return q[at].cmd
		}
	}
	return nil
}
