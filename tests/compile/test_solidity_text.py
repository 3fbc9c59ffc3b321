"""Imports and pragmas are found where the compiler finds them, and nowhere else."""

from __future__ import annotations

from zero_sdk.compile.solidity_text import Directive, read_directives

TEXT = """// SPDX-License-Identifier: MIT
// import "comment.sol";
/* pragma solidity ^0.1.0;
   import "block.sol"; */
pragma solidity >=0.8.0 /* why */ <0.9.0;
pragma abicoder v2;
import "plain.sol";
import './single.sol' as Single;
import {A, B as C} from "@scope/pkg/A.sol";
import * as All from
    "é/all.sol";
import { // not "this.sol"
    D /* nor 'that.sol' */
} from "named.sol";
contract É { string a = "import 'inside.sol';"; string b = "\\"; import 'escaped.sol'; "; uint importance; }
  pragma  solidity   ^0.8.4 ;
import "last.sol";"""


def test_imports_of_every_form_are_found_with_their_place() -> None:
    assert [(found.text, found.line) for found in read_directives(TEXT).imports] == [
        ("plain.sol", 7),
        ("./single.sol", 8),
        ("@scope/pkg/A.sol", 9),
        ("é/all.sol", 11),
        ("named.sol", 14),
        ("last.sol", 17),
    ]
    assert read_directives(TEXT).imports[3].column == 5


def test_pragmas_are_found_without_their_comments() -> None:
    assert read_directives(TEXT).pragmas == (
        Directive(">=0.8.0   <0.9.0", 5, 1),
        Directive("^0.8.4", 16, 3),
    )


def test_a_long_text_without_an_end_takes_no_longer() -> None:
    # Alternatives that overlap would take years here.
    assert read_directives("import " + "/" * 50_000).imports == ()
    assert read_directives("import //" + "/ a \n//" * 20_000).imports == ()
