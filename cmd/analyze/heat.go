package main

import (
	"fmt"
	"math"
	"strings"
)

// The map draws the 16384 slots as heatRows lines of heatColumns cells.
const (
	heatRows    = 8
	heatColumns = 64
	heatCells   = heatRows * heatColumns
)

// heatScale says how many standard deviations of random hashing each sign
// stands for. Four is beyond what one of 512 random cells shows in a hundred
// maps.
var heatScale = []struct {
	sign byte
	from float64
}{{'@', 64}, {'#', 16}, {'+', 4}, {'.', -4}, {'-', math.Inf(-1)}}

// heat draws where in the slots there is more than random hashing would put.
func (r *report) heat() section {
	keys := r.clientSlotKeys
	s := section{title: "Map of the slots by keys"}
	perCell := len(keys) / heatCells
	mean := float64(r.Keys) / heatCells
	var text strings.Builder
	calm := true
	for cell := range heatCells {
		sum := 0.0
		for _, n := range keys[cell*perCell : (cell+1)*perCell] {
			sum += float64(n)
		}
		sign := heatSign((sum - mean) / math.Sqrt(mean))
		calm = calm && sign == '.'
		text.WriteByte(sign)
		if (cell+1)%heatColumns == 0 {
			s.drawing = append(s.drawing, fmt.Sprintf("%6d %s", (cell+1-heatColumns)*perCell, text.String()))
			text.Reset()
		}
	}
	if calm {
		s.drawing = nil
		s.says = []string{fmt.Sprintf("Every one of %d stretches of %d slots is within ±4σ of random hashing.", heatCells, perCell)}
		return s
	}
	s.says = []string{fmt.Sprintf("A sign is %d slots: . within ±4σ of random hashing, - below, + above, # from 16σ, @ from 64σ.", perCell)}
	return s
}

func heatSign(deviations float64) byte {
	for _, step := range heatScale {
		if deviations >= step.from {
			return step.sign
		}
	}
	return '-'
}
