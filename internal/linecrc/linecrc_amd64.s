//go:build amd64

#include "textflag.h"

// Remainders are found without tables. The polynomial f = x^16 + x^12 + x^5 + 1
// has few terms, and over GF(2) so have its squares, f^4 = x^64 + x^48 + x^20 + 1
// among them: a word is folded into the next by four shifts. Four texts go side
// by side, as the BigEndian words of 64 bits that they end in.

// The bytes of each word in the other order.
DATA swap<>+0(SB)/8, $0x0001020304050607
DATA swap<>+8(SB)/8, $0x08090a0b0c0d0e0f
GLOBL swap<>(SB), RODATA|NOPTR, $16

// The lowest two bytes of each word, together.
DATA pick<>+0(SB)/8, $0x8080808009080100
DATA pick<>+8(SB)/8, $0x8080808080808080
GLOBL pick<>(SB), RODATA|NOPTR, $16

// KEEP clears what stands before the text in word W, and moves on to the next.
#define KEEP(W) \
	VPMAXSD Y13, Y12, Y0; \
	VPSLLVQ Y0, W, W;     \
	VPSRLVQ Y0, W, W;     \
	VPADDD  Y11, Y12, Y12

// FOLD makes of the word W one that leaves the same remainder where it stands
// 64 bits further right, and adds the next word N.
#define FOLD(W, N) \
	VPSRLQ $16, W, Y0;  \
	VPXOR  W, Y0, Y0;   \
	VPSRLQ $32, Y0, Y1; \
	VPXOR  Y1, Y0, Y0;  \
	VPSRLQ $44, W, Y1;  \
	VPXOR  Y1, Y0, Y0;  \
	VPSLLQ $20, Y0, Y1; \
	VPXOR  Y0, N, N;    \
	VPSLLQ $48, Y0, Y0; \
	VPXOR  Y1, N, N;    \
	VPXOR  Y0, N, N

// func crcsAVX2(data *byte, starts, ends *uint32, behind uint32, crcs *uint16, groups int) (most uint32)
TEXT ·crcsAVX2(SB), NOSPLIT, $0-52
	MOVQ data+0(FP), DI
	MOVQ starts+8(FP), R12
	MOVQ ends+16(FP), SI
	MOVQ crcs+32(FP), DX
	MOVQ groups+40(FP), CX
	VBROADCASTI128 swap<>(SB), Y15
	VBROADCASTI128 pick<>(SB), Y14
	VPXOR Y13, Y13, Y13
	VPCMPEQD Y10, Y10, Y10
	VPSRLQ $63, Y10, Y9   // 1
	VPSLLQ $6, Y9, Y11    // 64
	MOVL behind+24(FP), AX
	VMOVQ AX, X9
	VPBROADCASTQ X9, Y9   // behind the starts
	VPXOR Y10, Y10, Y10   // the longest text yet

group:
	MOVL (SI), R8
	MOVL 4(SI), R9
	MOVL 8(SI), R10
	MOVL 12(SI), R11
	VMOVDQU -16(DI)(R8*1), X2
	VMOVDQU -16(DI)(R9*1), X3
	VINSERTI128 $1, -16(DI)(R10*1), Y2, Y2
	VINSERTI128 $1, -16(DI)(R11*1), Y3, Y3
	VMOVDQU -32(DI)(R8*1), X4
	VMOVDQU -32(DI)(R9*1), X5
	VINSERTI128 $1, -32(DI)(R10*1), Y4, Y4
	VINSERTI128 $1, -32(DI)(R11*1), Y5, Y5
	VPSHUFB Y15, Y2, Y2
	VPSHUFB Y15, Y3, Y3
	VPSHUFB Y15, Y4, Y4
	VPSHUFB Y15, Y5, Y5
	VPUNPCKHQDQ Y3, Y2, Y6 // the last words of four texts
	VPUNPCKLQDQ Y3, Y2, Y7 // the words before
	VPUNPCKHQDQ Y5, Y4, Y8
	VPUNPCKLQDQ Y5, Y4, Y5

	// How many bits of the last word are not the text's: 64 - 8 * length.
	VPMOVZXDQ (SI), Y2
	VPMOVZXDQ (R12), Y3
	VPSUBD Y3, Y2, Y2
	VPSUBD Y9, Y2, Y2
	VPMAXUD Y2, Y10, Y10
	VPSLLD $3, Y2, Y2
	VPSUBD Y2, Y11, Y12
	KEEP(Y6)
	KEEP(Y7)
	KEEP(Y8)
	KEEP(Y5)
	FOLD(Y5, Y8)
	FOLD(Y8, Y7)
	FOLD(Y7, Y6)

	// The quotient of the last word and 16 zero bits by f: over 64 bits, 1/f is
	// f times f^2 times f^4 times f^8.
	VPSRLQ $32, Y6, Y0
	VPXOR Y0, Y6, Y6
	VPSRLQ $16, Y6, Y0
	VPSRLQ $44, Y6, Y1
	VPXOR Y0, Y1, Y1
	VPXOR Y1, Y6, Y6
	VPSRLQ $8, Y6, Y0
	VPSRLQ $22, Y6, Y1
	VPSRLQ $32, Y6, Y2
	VPXOR Y0, Y6, Y6
	VPXOR Y1, Y2, Y2
	VPXOR Y2, Y6, Y6
	VPSRLQ $4, Y6, Y0
	VPSRLQ $11, Y6, Y1
	VPSRLQ $16, Y6, Y2
	VPXOR Y0, Y6, Y6
	VPXOR Y1, Y2, Y2
	VPXOR Y2, Y6, Y6

	// The remainder, the lowest 16 bits of the quotient times f.
	VPSLLQ $5, Y6, Y0
	VPSLLQ $12, Y6, Y1
	VPXOR Y0, Y6, Y6
	VPXOR Y1, Y6, Y6
	VPSHUFB Y14, Y6, Y6
	VEXTRACTI128 $1, Y6, X0
	VPUNPCKLDQ X0, X6, X6
	VMOVQ X6, (DX)

	ADDQ $16, R12
	ADDQ $16, SI
	ADDQ $8, DX
	DECQ CX
	JNZ group

	VEXTRACTI128 $1, Y10, X0
	VPMAXUD X0, X10, X0
	VPSRLDQ $8, X0, X1
	VPMAXUD X1, X0, X0
	VMOVD X0, AX
	MOVL AX, most+48(FP)
	VZEROUPPER
	RET

// func endsAVX2(data *byte, from, blocks int, separator byte, ends *uint32) (found int)
TEXT ·endsAVX2(SB), NOSPLIT, $0-48
	MOVQ data+0(FP), SI
	MOVQ from+8(FP), AX
	MOVQ blocks+16(FP), CX
	VPBROADCASTB separator+24(FP), Y0
	MOVQ ends+32(FP), DI
	MOVQ DI, R10
	ADDQ AX, SI

block:
	VPCMPEQB (SI), Y0, Y1
	VPCMPEQB 32(SI), Y0, Y2
	VPMOVMSKB Y1, R8
	VPMOVMSKB Y2, R9
	SHLQ $32, R9
	ORQ R9, R8
	JZ next

place:
	BSFQ R8, R9
	ADDL AX, R9
	MOVL R9, (DI)
	ADDQ $4, DI
	LEAQ -1(R8), R9
	ANDQ R9, R8
	JNZ place

next:
	ADDQ $64, SI
	ADDL $64, AX
	DECQ CX
	JNZ block
	SUBQ R10, DI
	SHRQ $2, DI
	MOVQ DI, found+40(FP)
	VZEROUPPER
	RET
