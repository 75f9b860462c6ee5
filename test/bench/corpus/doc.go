// Package corpus makes folders of transcripts to measure with: as many as are
// wanted, each like those that Claude Code writes, no two alike.
//
// [WriteSeeds] lets the real Claude Code write a few, with a scripted model.
// [ReadSeeds] takes those, or anybody's own, and [Multiply] writes copies of
// them: ids are fresh (the links between entries hold), words differ, are as
// common and as rare as words are, and come out the same for the same number;
// times are spread, the newest first, and so are the folders in which the
// sessions were. What is no conversation (requests to the API, attachments) is
// as it was, so that sizes and the shares of kinds are those of real ones.
//
// Nothing of this is part of the product.
package corpus
