#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# Each command and each error, as a person sees them: the sessions are in golden/.

load /extra/stage/lib.bash

@test "a region from its making to its end" {
	transcript life
}

@test "all ways to name a region" {
	transcript names
}

@test "bytes in and out" {
	transcript files
}

@test "what is wrong is said in a line, with what is right" {
	transcript errors
}

@test "what is left without privileges" {
	transcript nobody
}

@test "who is in the way of a freeze" {
	transcript holders
}

@test "help" {
	transcript help
}
