;; Goes through JSON: `skip` finds the end of a value as quickly as it goes, `check` with a look at all that is in it, and `project` copies
;; what is selected. `npm run wasm` makes scanner-module.ts of it.
(module
  ;; From 16 on a selection; from 0x8000 on notes of parts; from 0xc000 on the bytes that are gone through; behind them what is selected. It grows with
  ;; the objects.
  (memory (export "memory") 14)
  ;; For `project`: the end of the object, and of what was written.
  (global $end (mut i32) (i32.const 0))
  (global $out (mut i32) (i32.const 0))
  ;; The end of the parts, and how many there are.
  (global $partsEnd (mut i32) (i32.const 0))
  (global $parts (mut i32) (i32.const 0))
  ;; Whether members are left for later: 0 if not, 1 if they may be, 2 once one is.
  (global $leaving (mut i32) (i32.const 0))

  ;; The position behind the container that opens at $at; -1 if it does not end before $end.
  ;; What is in memory behind $end may be anything, but 16 bytes of it must be there.
  (func $skip (export "skip") (param $at i32) (param $end i32) (result i32)
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
  (func $check (export "check") (param $at i32) (result i32)
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

  ;; Whether $byte may stand between strings: : , [ ] { } and white space.
  (func $isPunctuation (param $byte i32) (result i32)
    (local $folded i32)
    (if (i32.le_u (local.get $byte) (i32.const 0x20))
      (then (return (i32.ne (local.get $byte) (i32.const 0)))))
    (local.set $folded (i32.or (local.get $byte) (i32.const 0x20)))
    (i32.or
      (i32.or (i32.eq (local.get $byte) (i32.const 0x2c)) (i32.eq (local.get $byte) (i32.const 0x3a)))
      (i32.or (i32.eq (local.get $folded) (i32.const 0x7b)) (i32.eq (local.get $folded) (i32.const 0x7d)))))

  ;; As `$skip`, for an array with no other array in it, by a look at nothing but brackets; -1 if there is any doubt.
  ;;
  ;; It ends at the first closing bracket, if no further opening one comes before that, and if the bracket is not part of a string. That it is none
  ;; shows in the next quotation mark, when nothing but punctuation lies between: if it was, that mark would end the string, and there would be
  ;; punctuation behind it; but there is not. So for valid JSON this is exact.
  (func $flatArray (param $at i32) (result i32)
    (local $block v128)
    (local $brackets i32)
    (local $close i32)
    (local $byte i32)
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (block $found
      (loop $blocks
        (if (i32.ge_u (local.get $at) (global.get $end)) (then (return (i32.const -1))))
        (local.set $block (v128.load align=1 (local.get $at)))
        (local.set $brackets
          (i8x16.bitmask
            (v128.or
              (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x5b)))
              (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x5d))))))
        (br_if $found (local.get $brackets))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $blocks)))
    (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $brackets))))
    (if
      (i32.or
        (i32.ge_u (local.get $at) (global.get $end))
        (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x5d)))
      (then (return (i32.const -1))))
    (local.set $close (i32.add (local.get $at) (i32.const 1)))
    (local.set $at (local.get $close))
    (loop $more
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (call $isPunctuation (local.get $byte))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $more))))
    (if (i32.eq (local.get $at) (global.get $end)) (then (return (local.get $close))))
    (if
      (i32.or
        (i32.ne (local.get $byte) (i32.const 0x22))
        (call $isPunctuation (i32.load8_u offset=1 (local.get $at))))
      (then (return (i32.const -1))))
    (local.get $close))

  ;; The position behind the value at $at, if it ends before $end; else -1.
  (func $value (param $at i32) (result i32)
    (local $byte i32)
    (local $from i32)
    (local.set $byte (i32.load8_u (local.get $at)))
    (if (i32.eq (local.get $byte) (i32.const 0x22)) (then (return (call $string (local.get $at)))))
    (if (i32.eq (local.get $byte) (i32.const 0x5b))
      (then
        (local.set $from (call $flatArray (local.get $at)))
        (if (i32.ne (local.get $from) (i32.const -1)) (then (return (local.get $from))))))
    (if (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7b))
      (then (return (call $skip (local.get $at) (global.get $end)))))
    (local.set $from (local.get $at))
    ;; A number or a word: up to white space, punctuation, or the zero at the end.
    (loop $more
      (if
        (i32.and
          (i32.gt_u (local.get $byte) (i32.const 0x20))
          (i32.and
            (i32.and (i32.ne (local.get $byte) (i32.const 0x2c)) (i32.ne (local.get $byte) (i32.const 0x3a)))
            (i32.ne (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7d))))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $byte (i32.load8_u (local.get $at)))
          (br $more))))
    (select (i32.const -1) (local.get $at) (i32.eq (local.get $at) (local.get $from))))

  (func $put (param $byte i32)
    (i32.store8 (global.get $out) (local.get $byte))
    (global.set $out (i32.add (global.get $out) (i32.const 1))))

  ;; Writes what is from $from to $to, behind a comma if there is to be one.
  (func $copy (param $comma i32) (param $from i32) (param $to i32)
    (local $length i32)
    (if (local.get $comma) (then (call $put (i32.const 0x2c))))
    (local.set $length (i32.sub (local.get $to) (local.get $from)))
    (memory.copy (global.get $out) (local.get $from) (local.get $length))
    (global.set $out (i32.add (global.get $out) (local.get $length))))

  ;; Writes $number, of three digits at most.
  (func $write (param $number i32)
    (if (i32.ge_u (local.get $number) (i32.const 100))
      (then (call $put (i32.add (i32.const 0x30) (i32.div_u (local.get $number) (i32.const 100))))))
    (if (i32.ge_u (local.get $number) (i32.const 10))
      (then
        (call $put
          (i32.add (i32.const 0x30)
            (i32.rem_u (i32.div_u (local.get $number) (i32.const 10)) (i32.const 10))))))
    (call $put (i32.add (i32.const 0x30) (i32.rem_u (local.get $number) (i32.const 10)))))

  ;; What is chosen of the member of $node whose key is from $from to $to: see `SelectionTable`.
  (func $choose (param $node i32) (param $from i32) (param $to i32) (result i32)
    (local $entry i32)
    (local $last i32)
    (local $length i32)
    (local $key i32)
    (local $at i32)
    (local.set $length (i32.sub (local.get $to) (local.get $from)))
    (local.set $entry (i32.add (local.get $node) (i32.const 16)))
    (local.set $last
      (i32.add (local.get $entry) (i32.mul (i32.load offset=12 (local.get $node)) (i32.const 12))))
    (block $none
      (loop $entries
        (br_if $none (i32.ge_u (local.get $entry) (local.get $last)))
        (if (i32.eq (i32.load offset=4 (local.get $entry)) (local.get $length))
          (then
            (local.set $key (i32.load (local.get $entry)))
            (local.set $at (i32.const 0))
            (block $other
              (loop $bytes
                (if (i32.ge_u (local.get $at) (local.get $length))
                  (then (return (i32.load offset=8 (local.get $entry)))))
                (br_if $other
                  (i32.ne
                    (i32.load8_u (i32.add (local.get $key) (local.get $at)))
                    (i32.load8_u (i32.add (local.get $from) (local.get $at)))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $bytes)))))
        (local.set $entry (i32.add (local.get $entry) (i32.const 12)))
        (br $entries)))
    (i32.load offset=4 (local.get $node)))

  ;; Whether an object or array opens with $byte: braces and brackets differ by one bit, as small letters from capitals.
  (func $opens (param $byte i32) (result i32)
    (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7b)))

  ;; Writes what $choice leaves of the value at $at. The position behind it, or -1.
  (func $chosen (param $at i32) (param $choice i32) (result i32)
    (local $byte i32)
    (local $stop i32)
    (local.set $byte (i32.load8_u (local.get $at)))
    (block $whole
      (br_if $whole (i32.le_u (local.get $choice) (i32.const 1)))
      (local.set $stop (i32.load (local.get $choice)))
      (if (i32.eqz (local.get $stop))
        (then
          (if (i32.eq (local.get $byte) (i32.const 0x7b))
            (then (return (call $object (local.get $at) (local.get $choice) (i32.const 0)))))
          (br_if $whole (i32.ne (local.get $byte) (i32.const 0x5b)))
          (br_if $whole (i32.eq (i32.load offset=8 (local.get $choice)) (i32.const 1)))
          (return (call $array (local.get $at) (i32.load offset=8 (local.get $choice))))))
      ;; It could have been left for later, but is not.
      (if (i32.eq (local.get $stop) (i32.const 2))
        (then (return (call $chosen (local.get $at) (i32.load offset=12 (local.get $choice))))))
      (if (call $opens (local.get $byte))
        (then
          (local.set $stop (call $part (local.get $at) (local.get $choice) (global.get $out)))
          (if (i32.ne (local.get $stop) (i32.const -1))
            (then (call $write (i32.sub (global.get $parts) (i32.const 1)))))
          (return (local.get $stop))))
      ;; A number here would be taken for that of a part.
      (if
        (i32.or
          (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10))
          (i32.eq (local.get $byte) (i32.const 0x2d)))
        (then (return (i32.const -1)))))
    (local.set $stop (call $value (local.get $at)))
    (if (i32.ne (local.get $stop) (i32.const -1))
      (then (call $copy (i32.const 0) (local.get $at) (local.get $stop))))
    (local.get $stop))

  ;; Notes a part of $node: the index of its place, that it is from $from to $to, and $text, where its index stands in the text. 0 if there is no room.
  (func $note (param $node i32) (param $from i32) (param $to i32) (param $text i32) (result i32)
    (local $note i32)
    (if (i32.ge_u (global.get $parts) (i32.const 1000)) (then (return (i32.const 0))))
    (local.set $note (i32.add (i32.const 0x8000) (i32.shl (global.get $parts) (i32.const 4))))
    (i32.store (local.get $note) (i32.load offset=4 (local.get $node)))
    (i32.store offset=4 (local.get $note) (local.get $from))
    (i32.store offset=8 (local.get $note) (local.get $to))
    (i32.store offset=12 (local.get $note) (local.get $text))
    (global.set $parts (i32.add (global.get $parts) (i32.const 1)))
    (i32.const 1))

  ;; Writes what is chosen of the object or array at $at behind the other parts, and notes it. The position behind it in the object, or -1.
  (func $part (param $at i32) (param $node i32) (param $text i32) (result i32)
    (local $out i32)
    (local $from i32)
    (local.set $out (global.get $out))
    (local.set $from (global.get $partsEnd))
    (global.set $out (local.get $from))
    (local.set $at (call $chosen (local.get $at) (i32.load offset=8 (local.get $node))))
    (if (i32.eqz (call $note (local.get $node) (local.get $from) (global.get $out) (local.get $text)))
      (then (return (i32.const -1))))
    ;; For `$check`.
    (call $put (i32.const 0))
    (global.set $partsEnd (global.get $out))
    (global.set $out (local.get $out))
    (local.get $at))

  ;; As `$part`, for what is left for later: it must be JSON. Where it stays whole it is noted where it is.
  (func $late (param $at i32) (param $node i32) (result i32)
    (local $stop i32)
    (local $from i32)
    (if (i32.eq (i32.load offset=8 (local.get $node)) (i32.const 1))
      (then
        (local.set $stop (call $check (local.get $at)))
        (if (i32.ne (local.get $stop) (i32.const -1))
          (then
            (if (i32.eqz (call $note (local.get $node) (local.get $at) (local.get $stop) (i32.const 0)))
              (then (return (i32.const -1))))))
        (return (local.get $stop))))
    (local.set $from (global.get $partsEnd))
    (local.set $stop (call $part (local.get $at) (local.get $node) (i32.const 0)))
    (if (i32.ne (i32.add (call $check (local.get $from)) (i32.const 1)) (global.get $partsEnd))
      (then (return (i32.const -1))))
    (local.get $stop))

  (func $array (param $at i32) (param $choice i32) (result i32)
    (local $byte i32)
    (call $put (i32.const 0x5b))
    (local.set $at (call $space (i32.add (local.get $at) (i32.const 1))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5d))
      (then
        (call $put (i32.const 0x5d))
        (return (i32.add (local.get $at) (i32.const 1)))))
    (loop $elements
      (local.set $at (call $chosen (local.get $at) (local.get $choice)))
      (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
      (local.set $at (call $space (local.get $at)))
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (call $put (local.get $byte))
      (if (i32.eq (local.get $byte) (i32.const 0x5d)) (then (return (local.get $at))))
      (if (i32.ne (local.get $byte) (i32.const 0x2c)) (then (return (i32.const -1))))
      (local.set $at (call $space (local.get $at)))
      (br $elements))
    (unreachable))

  ;; Writes what $node leaves of the object that opens at $at; with $begun its brace and some members are written already.
  ;; The position behind it; -1 if it is no JSON, does not end, or has a key that is spelled with escapes; -2 if something comes behind what is
  ;; left for later.
  (func $object (param $at i32) (param $node i32) (param $begun i32) (result i32)
    (local $block v128)
    (local $stops i32)
    (local $byte i32)
    (local $member i32)
    (local $key i32)
    (local $value i32)
    (local $choice i32)
    (local $isLater i32)
    ;; Neighbours that stay whole are copied in one piece: where it begins, 0 without one, and where it ends so far.
    (local $from i32)
    (local $to i32)
    (if (i32.eqz (local.get $begun)) (then (call $put (i32.const 0x7b))))
    (local.set $at (call $space (i32.add (local.get $at) (i32.const 1))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x7d))
      (then
        (call $put (i32.const 0x7d))
        (return (i32.add (local.get $at) (i32.const 1)))))
    (loop $members
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22)) (then (return (i32.const -1))))
      (local.set $member (local.get $at))
      (local.set $key (i32.add (local.get $at) (i32.const 1)))
      (local.set $at (local.get $key))
      (loop $blocks
        (local.set $block (v128.load align=1 (local.get $at)))
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
            (br $blocks))))
      (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $stops))))
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22)) (then (return (i32.const -1))))
      (local.set $choice (call $choose (local.get $node) (local.get $key) (local.get $at)))
      (local.set $at (call $space (i32.add (local.get $at) (i32.const 1))))
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3a)) (then (return (i32.const -1))))
      (local.set $value (call $space (i32.add (local.get $at) (i32.const 1))))

      ;; Only at the root is anything left for later: what is further in is in a part by then, or there is nothing left yet.
      (local.set $isLater
        (i32.and
          (i32.and (i32.gt_u (local.get $choice) (i32.const 1)) (i32.ne (global.get $leaving) (i32.const 0)))
          (call $opens (i32.load8_u (local.get $value)))))
      (if (local.get $isLater)
        (then (local.set $isLater (i32.eq (i32.load (local.get $choice)) (i32.const 2)))))
      (if
        (i32.and
          (i32.eq (global.get $leaving) (i32.const 2))
          (i32.and (i32.ne (local.get $choice) (i32.const 0)) (i32.eqz (local.get $isLater))))
        (then (return (i32.const -2))))

      (if (i32.eq (local.get $choice) (i32.const 1))
        (then
          (local.set $at (call $value (local.get $value)))
          (if (i32.eqz (local.get $from)) (then (local.set $from (local.get $member))))
          (local.set $to (local.get $at)))
        (else
          (if (local.get $from)
            (then
              (call $copy (local.get $begun) (local.get $from) (local.get $to))
              (local.set $begun (i32.const 1))
              (local.set $from (i32.const 0))))
          (if (i32.eqz (local.get $choice))
            (then (local.set $at (call $value (local.get $value))))
            (else
              (if (local.get $isLater)
                (then
                  (global.set $leaving (i32.const 0))
                  (local.set $at (call $late (local.get $value) (local.get $choice)))
                  (global.set $leaving (i32.const 2)))
                (else
                  (call $copy (local.get $begun) (local.get $member) (local.get $value))
                  (local.set $begun (i32.const 1))
                  (local.set $at (call $chosen (local.get $value) (local.get $choice)))))))))
      (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))

      (local.set $at (call $space (local.get $at)))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 0x7d))
        (then
          (if (local.get $from) (then (call $copy (local.get $begun) (local.get $from) (local.get $to))))
          (call $put (i32.const 0x7d))
          (return (i32.add (local.get $at) (i32.const 1)))))
      (if (i32.ne (local.get $byte) (i32.const 0x2c)) (then (return (i32.const -1))))
      (local.set $at (call $space (i32.add (local.get $at) (i32.const 1))))
      (br $members))
    (unreachable))

  ;; Writes to $out what the selection leaves of the value at $at, which ends at $end, and to $parts the parts of it. With $begun it must be an object,
  ;; of which something was written already, up to $out. Of the root's members some may be $leaving for later.
  ;; The position behind the value, or -1, or -2: see `$object`.
  (func (export "project")
    (param $at i32) (param $end i32) (param $out i32) (param $parts i32) (param $begun i32) (param $leaving i32) (result i32)
    (global.set $end (local.get $end))
    (global.set $out (local.get $out))
    (global.set $leaving (local.get $leaving))
    (global.set $parts (i32.const 0))
    (global.set $partsEnd (local.get $parts))
    (local.set $at (call $space (local.get $at)))
    (if (i32.eqz (local.get $begun)) (then (return (call $chosen (local.get $at) (i32.const 16)))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x7b)) (then (return (i32.const -1))))
    (call $object (local.get $at) (i32.const 16) (i32.const 1)))

  ;; Where what was written ends.
  (func (export "written") (result i32)
    (global.get $out))

  ;; How many parts are noted.
  (func (export "parts") (result i32)
    (global.get $parts))
)
