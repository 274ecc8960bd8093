// One tile, from the rows of its components to coded codeblocks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "core/bits.hpp"
#include "core/encoder/analysis.hpp"
#include "core/encoder/band_encoder.hpp"
#include "core/encoder/coded_blocks.hpp"
#include "core/packet_order.hpp"

namespace htj2k::encoder {

// How samples become what is analysed.
struct sample_coding {
  std::int32_t offset = 0;       // is added, so that samples are about zero (T.800 G.1)
  bool color_transform = false;  // of the first three components (T.800 G.2)
};

template <typename T>
class component_encoder {
public:
  component_encoder(const kernels::line_kernels<T>& kernels, const std::vector<tile_resolution>& resolutions,
                    block_encoder& blocks)
      : bands_(bands_of(resolutions, blocks)),
        analysis_(kernels, resolutions.back().area, static_cast<unsigned>(resolutions.size() - 1),
                  targets(bands_)) {}

  analysis<T>& rows() { return analysis_; }

  std::vector<coded_resolution_blocks> take() {
    std::vector<coded_resolution_blocks> taken((bands_.size() + 2) / 3);
    for (std::size_t i = 0; i < bands_.size(); ++i) taken[resolution_of(i)][band_of(i)] = bands_[i].take();
    return taken;
  }

  // By how many bit-planes the subbands have less than their coefficients need.
  unsigned lacking_planes(const std::vector<tile_resolution>& resolutions) const {
    unsigned lacking = 0;
    for (std::size_t i = 0; i < bands_.size(); ++i) {
      const unsigned has = resolutions[resolution_of(i)].bit_planes[band_of(i)];
      const unsigned needs = 64 - leading_zeros(bands_[i].magnitudes());
      lacking = std::max(lacking, needs - std::min(needs, has));
    }
    return lacking;
  }

private:
  using band_list = std::deque<band_encoder<T>>;

  // LL, then HL, LH and HH of each resolution from the lowest up.
  static std::size_t resolution_of(std::size_t i) { return (i + 2) / 3; }
  static std::size_t band_of(std::size_t i) { return i == 0 ? 0 : (i - 1) % 3; }

  static band_list bands_of(const std::vector<tile_resolution>& resolutions, block_encoder& blocks) {
    band_list bands;
    for (const tile_resolution& resolution : resolutions)
      for (unsigned band = 0; band < resolution.num_bands; ++band)
        bands.emplace_back(resolution, band, blocks);
    return bands;
  }

  static std::vector<band_target<T>*> targets(band_list& bands) {
    std::vector<band_target<T>*> all;
    for (auto& band : bands) all.push_back(&band);
    return all;
  }

  band_list bands_;
  analysis<T> analysis_;
};

template <typename T>
class tile_encoder {
public:
  tile_encoder(const kernels::implementation& kernels, const sample_coding& coding, tile_geometry geometry,
               block_encoder& blocks)
      : kernels_(kernels), coding_(coding), geometry_(std::move(geometry)) {
    for (const auto& resolutions : geometry_.components)
      components_.emplace_back(kernels.lines<T>(), resolutions, blocks);
    inputs_.resize(components_.size());
  }

  const rect& area() const { return geometry_.area; }

  // The tile's part of the next row of the image.
  void push(T* const* rows) {
    const std::size_t width = area().width();
    T overflow = 0;  // none: samples lose their offset, or have none
    for (std::size_t c = 0; c < inputs_.size(); ++c) {
      inputs_[c] = components_[c].rows().input();
      kernels_.synthesis<T>().add(rows[c] + area().x0, static_cast<T>(coding_.offset), width, inputs_[c],
                                  overflow);
    }
    if (coding_.color_transform) kernels_.lines<T>().forward_rct(inputs_[0], inputs_[1], inputs_[2], width);
    for (auto& component : components_) component.rows().push();
  }

  // After the last row.
  coded_tile_blocks finish() {
    coded_tile_blocks blocks;
    for (auto& component : components_) {
      component.rows().finish();
      blocks.push_back(component.take());
    }
    return blocks;
  }

  unsigned lacking_planes() const {
    unsigned lacking = 0;
    for (std::size_t c = 0; c < components_.size(); ++c)
      lacking = std::max(lacking, components_[c].lacking_planes(geometry_.components[c]));
    return lacking;
  }

private:
  const kernels::implementation& kernels_;
  sample_coding coding_;
  tile_geometry geometry_;
  std::deque<component_encoder<T>> components_;
  std::vector<T*> inputs_;
};

}  // namespace htj2k::encoder
