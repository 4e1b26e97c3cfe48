// Mistakes that the model test plants, to prove that it would notice them. All false elsewhere.

#pragma once

namespace sluice::pipe {

struct Mistakes {
  bool only_new_versions = false;  // Old versions are not followed back.
  bool skip_a_level = false;      // Joins are followed back to the source only from its neighbours.
  bool ignore_holds = false;      // Compaction is not held back.
  bool track_to_the_end = false;  // The tracking offset becomes the end at the run's end.
};

}  // namespace sluice::pipe
