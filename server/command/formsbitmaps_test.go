package command_test

var bitmapForms = []form{
	{syntax: "SETBIT <bits> <bit> (0|1|0|1|2|x)", weight: 3},
	{syntax: "GETBIT <bits> <bit>"},
	{syntax: "BITCOUNT <bits> [<index> <index>|<index> <index> (BYTE|BIT)]"},
	{syntax: "BITPOS <bits> (0|1|2) [<index>|<index> <index>|<index> <index> (BYTE|BIT)]"},
	{syntax: "BITOP (AND|OR|XOR) <bits> <bits> [<bits>] [<key>]"},
	{syntax: "BITOP NOT <bits> <bits>"},
	{syntax: "BITOP NOT <bits> <bits> <bits>"},
	{syntax: "BITFIELD <bits> {(GET <bitfield> <bitoffset>|SET <bitfield> <bitoffset> <int>|INCRBY <bitfield> <bitoffset> <int>)}", weight: 2},
	{syntax: "BITFIELD <bits> OVERFLOW (WRAP|SAT|FAIL|nope) {(INCRBY <bitfield> <bitoffset> <int>|SET <bitfield> <bitoffset> <int>)}"},
	{syntax: "BITFIELD_RO <bits> {GET <bitfield> <bitoffset>}"},
	{syntax: "BITFIELD_RO <bits> [SET u8 0 1]"},
	{syntax: "SET <bits> <value>"},
	{syntax: "SETRANGE <bits> <offset> <value>"},
	{syntax: "GET <bits>"},
}
