// Patterns by which a quantisation config names modules of a checkpoint.
//
// Three spellings are in use: a plain module path ("lm_head", "model.layers.3.self_attn"), which
// also covers everything below it; a path with wildcards ("model.layers.*.self_attn*"); and
// "re:" with a regular expression that must match from the start of the name (compressed-tensors).
#pragma once

#include <string_view>

namespace switchyard::model {

enum class PatternMatch { kNo, kYes, kNotUnderstood };

// Whether `pattern` covers the module `name`. Of regular expressions the subset that such configs
// use is understood: literals, ".", "\d", escapes, "*", "+", "?", groups of alternatives, "^" and
// "$". Work is bounded, whatever the pattern.
PatternMatch matches_module(std::string_view pattern, std::string_view name);

}  // namespace switchyard::model
