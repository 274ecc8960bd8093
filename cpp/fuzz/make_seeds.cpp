// Writes the seed corpus: small codestreams of our own encoder that together use every feature of it.
//
// make_seeds FOLDER
#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/images.hpp"

using namespace htj2k;

namespace {

class seed_folder {
public:
  explicit seed_folder(std::string path) : path_(std::move(path)) {}

  void add(const image_layout& layout, std::uint32_t bit_depth, const encode_options& options) {
    const auto codestream = fuzz::encode_to_bytes(fuzz::noise(layout, bit_depth), bit_depth, options);
    const std::string name = path_ + "/seed-" + std::to_string(count_++);
    std::FILE* file = std::fopen(name.c_str(), "wb");
    if (file == nullptr || std::fwrite(codestream.data(), 1, codestream.size(), file) != codestream.size() ||
        std::fclose(file) != 0) {
      std::perror(name.c_str());
      std::exit(1);
    }
  }

private:
  std::string path_;
  int count_ = 0;
};

encode_options with_levels(std::uint32_t levels, bool color_transform = false) {
  encode_options options;
  options.num_decompositions = levels;
  options.color_transform = color_transform;
  return options;
}

void add_sample_types(seed_folder& seeds) {
  seeds.add({sample_type::u1, 17, 13, 1}, 8, with_levels(1));
  seeds.add({sample_type::u1, 16, 16, 1}, 1, with_levels(1));
  seeds.add({sample_type::i1, 9, 20, 1}, 8, with_levels(2));
  seeds.add({sample_type::u2, 20, 9, 1}, 12, with_levels(2));
  seeds.add({sample_type::i2, 11, 11, 1}, 16, with_levels(3));
  seeds.add({sample_type::u2, 33, 7, 1}, 16, with_levels(5));
  seeds.add({sample_type::i4, 8, 8, 1}, 24, with_levels(1));
  seeds.add({sample_type::u4, 8, 8, 1}, 32, with_levels(1));
  seeds.add({sample_type::u1, 8, 8, 3}, 8, with_levels(1, true));
  seeds.add({sample_type::u2, 12, 10, 3}, 16, with_levels(2, true));
  seeds.add({sample_type::u1, 8, 8, 4}, 8, with_levels(1));
  seeds.add({sample_type::u4, 6, 6, 3}, 31, with_levels(1, true));
}

void add_geometries(seed_folder& seeds) {
  seeds.add({sample_type::u1, 1, 1, 1}, 8, with_levels(0));
  seeds.add({sample_type::u1, 1, 1, 1}, 8, with_levels(32));
  seeds.add({sample_type::u2, 1, 40, 1}, 12, with_levels(3));
  seeds.add({sample_type::u2, 40, 1, 1}, 12, with_levels(3));
  encode_options tiled = with_levels(1);
  tiled.tile_width = 9, tiled.tile_height = 7;
  seeds.add({sample_type::u1, 20, 15, 1}, 8, tiled);
  tiled.tile_part_per_resolution = false;
  tiled.tlm = false;
  seeds.add({sample_type::u2, 19, 14, 3}, 10, tiled);
  encode_options blocks = with_levels(2);
  blocks.block_width = 4, blocks.block_height = 8;
  seeds.add({sample_type::u1, 40, 30, 1}, 8, blocks);
  blocks.precincts = {{8, 16}, {32, 32}};
  seeds.add({sample_type::u1, 50, 40, 1}, 8, blocks);
}

void add_packet_orders(seed_folder& seeds) {
  for (const char* order : {"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"}) {
    encode_options options = with_levels(2);
    options.progression_order = order;
    options.precincts = {{16, 16}};
    options.tile_part_per_resolution = order[0] == 'L' || order[0] == 'R';
    options.tile_part_per_component = order[0] == 'C';
    seeds.add({sample_type::u1, 30, 30, 2}, 8, options);
  }
}

void add_others(seed_folder& seeds) {
  encode_options lossy = with_levels(2);
  lossy.reversible = false;
  seeds.add({sample_type::u1, 20, 20, 1}, 8, lossy);
  lossy.color_transform = true;
  lossy.qstep = 0.01F;
  seeds.add({sample_type::u2, 20, 12, 3}, 12, lossy);
  encode_options boxed = with_levels(1);
  boxed.jph_file = true;
  boxed.comments = {{"text", true}, {std::string("\0\1", 2), false}};
  seeds.add({sample_type::u1, 10, 10, 3}, 8, boxed);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_seeds FOLDER\n");
    return 2;
  }
  seed_folder seeds(argv[1]);
  add_sample_types(seeds);
  add_geometries(seeds);
  add_packet_orders(seeds);
  add_others(seeds);
  return 0;
}
