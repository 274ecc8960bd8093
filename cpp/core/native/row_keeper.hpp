// Keeps the rows of the resolution that is decoded, before its component transform is undone.
#pragma once

#include <memory>
#include <vector>

#include "core/native/kept_rows.hpp"
#include "core/native/tile_rows.hpp"

namespace htj2k::native {

// T as in tile_rows.
template <typename T>
class row_keepers {
public:
  // Null keeps nothing.
  explicit row_keepers(kept_resolution* kept) : kept_(kept) {}

  // A row of tiles begins.
  void begin_tiles() { keepers_.clear(); }

  // Of each of them, before its rows are taken.
  void listen_to(const tile_plan& plan, tile_rows<T>& tile) {
    if (kept_ == nullptr) return;
    auto& components = kept_->tiles[plan.index];
    for (std::size_t c = 0; c < components.size(); ++c)
      tile.set_tap(c, 0, *keepers_.emplace_back(std::make_unique<keeper>(components[c])));
  }

private:
  class keeper final : public row_tap<T>, public row_tap<float> {
  public:
    explicit keeper(kept_rows& rows) : rows_(rows) {}
    void take(const T* row, T&) override { rows_.set_row(next_++, row); }
    void take(const float* row, float&) override { rows_.set_row(next_++, row); }

  private:
    kept_rows& rows_;
    std::uint32_t next_ = 0;
  };

  kept_resolution* kept_;
  std::vector<std::unique_ptr<keeper>> keepers_;
};

}  // namespace htj2k::native
