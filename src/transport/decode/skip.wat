;; Finds the end of a JSON object or array, 16 bytes at a time. `npm run wasm` makes skip-module.ts of it.
(module
  (memory (export "memory") 1)

  ;; The position behind the container that opens at $at; -1 if it does not end before $end.
  ;; What is in memory behind $end may be anything, but 16 bytes of it must be there.
  (func (export "skip") (param $at i32) (param $end i32) (result i32)
    (local $block v128)
    (local $folded v128)
    (local $byte i32)
    (local $stop i32)
    (local $opens i32)
    (local $closes i32)
    (local $inside i32)
    (local $count i32)
    (local $depth i32)
    ;; All ones inside of a string, else 0.
    (local $quoted i32)

    (loop $blocks
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const -1))))
      (local.set $block (v128.load align=1 (local.get $at)))

      (if (v128.any_true (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x5c))))
        (then
          ;; A backslash: byte by byte, to step over what it escapes, which may be in the next block.
          (local.set $stop (i32.add (local.get $at) (i32.const 16)))
          (if (i32.gt_u (local.get $stop) (local.get $end)) (then (local.set $stop (local.get $end))))
          (loop $bytes
            (local.set $byte (i32.load8_u (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (if (local.get $quoted)
              (then
                (if (i32.eq (local.get $byte) (i32.const 0x22))
                  (then (local.set $quoted (i32.const 0)))
                  (else
                    (if (i32.eq (local.get $byte) (i32.const 0x5c))
                      (then (local.set $at (i32.add (local.get $at) (i32.const 1))))))))
              (else
                (if (i32.eq (local.get $byte) (i32.const 0x22))
                  (then (local.set $quoted (i32.const -1)))
                  (else
                    ;; Braces and brackets differ by one bit, as small letters from capitals.
                    (local.set $byte (i32.or (local.get $byte) (i32.const 0x20)))
                    (if (i32.eq (local.get $byte) (i32.const 0x7b))
                      (then (local.set $depth (i32.add (local.get $depth) (i32.const 1))))
                      (else
                        (if (i32.eq (local.get $byte) (i32.const 0x7d))
                          (then
                            (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
                            (if (i32.eqz (local.get $depth)) (then (return (local.get $at))))))))))))
            (br_if $bytes (i32.lt_u (local.get $at) (local.get $stop))))
          (br $blocks)))

      ;; A bit for each byte: whether it is inside of a string, by the parity of the quotation marks up to it.
      (local.set $inside (i8x16.bitmask (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x22)))))
      (local.set $inside (i32.xor (local.get $inside) (i32.shl (local.get $inside) (i32.const 1))))
      (local.set $inside (i32.xor (local.get $inside) (i32.shl (local.get $inside) (i32.const 2))))
      (local.set $inside (i32.xor (local.get $inside) (i32.shl (local.get $inside) (i32.const 4))))
      (local.set $inside (i32.xor (local.get $inside) (i32.shl (local.get $inside) (i32.const 8))))
      (local.set $inside (i32.xor (local.get $inside) (local.get $quoted)))

      ;; The brackets outside of strings, up to $end.
      (local.set $folded (v128.or (local.get $block) (i8x16.splat (i32.const 0x20))))
      (local.set $opens (i8x16.bitmask (i8x16.eq (local.get $folded) (i8x16.splat (i32.const 0x7b)))))
      (local.set $closes (i8x16.bitmask (i8x16.eq (local.get $folded) (i8x16.splat (i32.const 0x7d)))))
      (local.set $count (i32.xor (local.get $inside) (i32.const -1)))
      (local.set $stop (i32.sub (local.get $end) (local.get $at)))
      (if (i32.lt_u (local.get $stop) (i32.const 16))
        (then
          (local.set $count
            (i32.and (local.get $count)
              (i32.sub (i32.shl (i32.const 1) (local.get $stop)) (i32.const 1))))))
      (local.set $opens (i32.and (local.get $opens) (local.get $count)))
      (local.set $closes (i32.and (local.get $closes) (local.get $count)))

      (local.set $count (i32.popcnt (local.get $closes)))
      (if (i32.lt_s (local.get $count) (local.get $depth))
        (then
          ;; It can't end here, in whatever order they come.
          (local.set $depth
            (i32.add (local.get $depth) (i32.sub (i32.popcnt (local.get $opens)) (local.get $count)))))
        (else
          (local.set $closes (i32.or (local.get $closes) (local.get $opens)))
          (block $done
            (loop $brackets
              (br_if $done (i32.eqz (local.get $closes)))
              (local.set $count (i32.ctz (local.get $closes)))
              (local.set $closes (i32.and (local.get $closes) (i32.sub (local.get $closes) (i32.const 1))))
              (if (i32.and (i32.shr_u (local.get $opens) (local.get $count)) (i32.const 1))
                (then (local.set $depth (i32.add (local.get $depth) (i32.const 1))))
                (else
                  (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
                  (if (i32.eqz (local.get $depth))
                    (then
                      (return (i32.add (i32.add (local.get $at) (local.get $count)) (i32.const 1)))))))
              (br $brackets)))))

      ;; All ones if the last byte is inside of a string.
      (local.set $quoted (i32.shr_s (i32.shl (local.get $inside) (i32.const 16)) (i32.const 31)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $blocks))
    (unreachable))
)
