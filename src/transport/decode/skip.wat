;; Finds the end of a JSON value: `skip` as quickly as it goes, `check` with a look at all that is in it. `npm run wasm` makes
;; skip-module.ts of it.
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

  ;; The position behind the string whose opening quotation mark is at $at; -1 if it is not one that the grammar of JSON allows.
  (func $string (param $at i32) (result i32)
    (local $block v128)
    (local $stops i32)
    (local $byte i32)
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (loop $blocks
      (local.set $block (v128.load align=1 (local.get $at)))
      ;; A bit for each byte that is a quotation mark, a backslash, or a control character.
      (local.set $stops
        (i8x16.bitmask
          (v128.or
            (v128.or
              (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x22)))
              (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x5c))))
            (i8x16.lt_u (local.get $block) (i8x16.splat (i32.const 0x20))))))
      (if (i32.eqz (local.get $stops))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $blocks)))
      (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $stops))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 0x22))
        (then (return (i32.add (local.get $at) (i32.const 1)))))
      (if (i32.ne (local.get $byte) (i32.const 0x5c)) (then (return (i32.const -1))))
      (local.set $byte (i32.load8_u offset=1 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (if (i32.eq (local.get $byte) (i32.const 0x75))
        (then
          ;; \u and four hexadecimal digits.
          (local.set $stops (i32.add (local.get $at) (i32.const 4)))
          (loop $digits
            (local.set $byte (i32.load8_u (local.get $at)))
            (if
              (i32.eqz
                (i32.or
                  (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10))
                  (i32.lt_u (i32.sub (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x61)) (i32.const 6))))
              (then (return (i32.const -1))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $digits (i32.lt_u (local.get $at) (local.get $stops))))
          (br $blocks)))
      ;; " \ / b f n r t
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 0x22)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 0x5c)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 0x2f)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 0x62)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 0x66)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 0x6e)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 0x72)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 0x74)))
      (return (i32.const -1)))
    (unreachable))

  ;; The position behind the digits at $at; -1 if there is none.
  (func $digits (param $at i32) (result i32)
    (local $from i32)
    (local.set $from (local.get $at))
    (loop $more
      (if (i32.lt_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)) (i32.const 10))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $more))))
    (select (i32.const -1) (local.get $at) (i32.eq (local.get $at) (local.get $from))))

  ;; The position behind the number at $at; -1 if it is none.
  (func $number (param $at i32) (result i32)
    (local $byte i32)
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2d))
      (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x30))
      (then (local.set $at (i32.add (local.get $at) (i32.const 1))))
      (else (local.set $at (call $digits (local.get $at)))))
    (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2e))
      (then
        (local.set $at (call $digits (i32.add (local.get $at) (i32.const 1))))
        (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))))
    (if (i32.eq (i32.or (i32.load8_u (local.get $at)) (i32.const 0x20)) (i32.const 0x65))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.or (i32.eq (local.get $byte) (i32.const 0x2b)) (i32.eq (local.get $byte) (i32.const 0x2d)))
          (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
        (return (call $digits (local.get $at)))))
    (local.get $at))

  ;; The first position from $at on that is no white space.
  (func $space (param $at i32) (result i32)
    (local $byte i32)
    (loop $more
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.gt_u (local.get $byte) (i32.const 0x20)) (then (return (local.get $at))))
      (if
        (i32.or
          (i32.or (i32.eq (local.get $byte) (i32.const 0x20)) (i32.eq (local.get $byte) (i32.const 0x0a)))
          (i32.or (i32.eq (local.get $byte) (i32.const 0x0d)) (i32.eq (local.get $byte) (i32.const 0x09))))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $more))))
    (local.get $at))

  ;; The position behind the value at $at; -1 if it is not JSON, or nested deeper than 64 levels.
  ;; It must be followed by a zero somewhere, at which everything ends.
  (func (export "check") (param $at i32) (result i32)
    (local $byte i32)
    (local $depth i32)
    ;; A bit for each container around, the innermost last: 1 for an object.
    (local $kinds i64)
    (loop $values
      (block $behind
        (block $containers
          (local.set $at (call $space (local.get $at)))
          (local.set $byte (i32.load8_u (local.get $at)))
          (if (i32.eq (local.get $byte) (i32.const 0x22))
            (then
              (local.set $at (call $string (local.get $at)))
              (br $behind)))
          ;; Braces and brackets differ by one bit, as small letters from capitals.
          (br_if $containers (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7b)))
          (if
            (i32.or
              (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10))
              (i32.eq (local.get $byte) (i32.const 0x2d)))
            (then
              (local.set $at (call $number (local.get $at)))
              (br $behind)))
          ;; true
          (if (i32.eq (i32.load align=1 (local.get $at)) (i32.const 0x65757274))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 4)))
              (br $behind)))
          ;; null
          (if (i32.eq (i32.load align=1 (local.get $at)) (i32.const 0x6c6c756e))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 4)))
              (br $behind)))
          ;; false
          (if (i32.and
              (i32.eq (local.get $byte) (i32.const 0x66))
              (i32.eq (i32.load offset=1 align=1 (local.get $at)) (i32.const 0x65736c61)))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 5)))
              (br $behind)))
          (return (i32.const -1)))

        ;; A container opens.
        (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
        (if (i32.gt_u (local.get $depth) (i32.const 64)) (then (return (i32.const -1))))
        (local.set $kinds (i64.shl (local.get $kinds) (i64.const 1)))
        (local.set $at (call $space (i32.add (local.get $at) (i32.const 1))))
        (if (i32.eq (local.get $byte) (i32.const 0x7b))
          (then
            (local.set $kinds (i64.or (local.get $kinds) (i64.const 1)))
            (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x7d))
              (then
                (local.set $at (call $key (local.get $at)))
                (br_if $values (i32.ne (local.get $at) (i32.const -1)))
                (return (i32.const -1)))))
          (else
            (br_if $values (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x5d)))))
        ;; It is empty.
        (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
        (local.set $kinds (i64.shr_u (local.get $kinds) (i64.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 1))))

      ;; Behind a value: the container goes on with the next one, or closes.
      (loop $closings
        (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
        (if (i32.eqz (local.get $depth)) (then (return (local.get $at))))
        (local.set $at (call $space (local.get $at)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (if (i32.eq (local.get $byte) (i32.const 0x2c))
          (then
            (br_if $values (i64.eqz (i64.and (local.get $kinds) (i64.const 1))))
            (local.set $at (call $key (call $space (local.get $at))))
            (br_if $values (i32.ne (local.get $at) (i32.const -1)))
            (return (i32.const -1))))
        (if
          (i32.ne
            (local.get $byte)
            (select (i32.const 0x7d) (i32.const 0x5d) (i32.wrap_i64 (i64.and (local.get $kinds) (i64.const 1)))))
          (then (return (i32.const -1))))
        (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
        (local.set $kinds (i64.shr_u (local.get $kinds) (i64.const 1)))
        (br $closings)))
    (unreachable))

  ;; The position behind the key at $at and its colon; -1 if there is none.
  (func $key (param $at i32) (result i32)
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22)) (then (return (i32.const -1))))
    (local.set $at (call $string (local.get $at)))
    (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
    (local.set $at (call $space (local.get $at)))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3a)) (then (return (i32.const -1))))
    (i32.add (local.get $at) (i32.const 1)))
)
