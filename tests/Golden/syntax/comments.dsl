// A file that is mostly comments.

/* Several
   lines. */
module comments // trailing

// before an import
import std.nn /* trailing block */

/* a */ const a = 1 // one
const b /* inside */ = 2


// two blank lines above
fn f(x) { // at the opener
    // before the let
    let y = x // after the let

    /* before */ let z = y; let w = z // after w
    w
        |> relu // inside a pipeline
        |> relu6
    // dangling
}

model Empty {
    // nothing yet
}
// the end
