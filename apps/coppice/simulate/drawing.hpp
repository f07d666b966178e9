// SPDX-License-Identifier: Apache-2.0
// A trace of a tree as a Gantt chart: a lane for each child, a column for each moment with an
// event, and a bar for each life. Crashes are red, terminations orange, restarted lives green, as
// in common texts about supervision.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulate/trace.hpp"

namespace coppice::cli {

class drawing {
  public:
    /// Limits of a readable picture.
    static constexpr std::size_t moments_max = 2'000;
    static constexpr std::size_t lanes_max = 1'000;

    /// For a tree. `ran` has to outlive the drawing.
    explicit drawing(const scenario& ran) : ran_{ran} {}

    /// Adds a line of the trace. Events beyond the limits are dropped, and `problem` reports the loss.
    void add(const trace_line& line);
    /// The limit that was exceeded, with the remedy.
    std::optional<std::string> problem() const;
    std::string svg() const;

  private:
    struct moment {
        std::int64_t step = 0;
        /// Empty if no time passed in the step.
        std::optional<std::int64_t> at_ms;
        std::string label;
    };
    enum class ending : std::uint8_t { alive, crashed, terminated };
    struct life {
        std::int64_t number = 1;
        std::size_t begin = 0;
        std::size_t end = 0;
        ending how = ending::alive;
        std::string why;
    };
    struct failed_start {
        std::size_t at = 0;
        std::string why;
    };
    struct lane {
        std::string path;
        std::vector<life> lives;
        std::vector<failed_start> failed;
    };

    /// Empty beyond the limit.
    std::optional<std::size_t> moment_of(const trace_line& line, const nlohmann::json& event);
    /// Null beyond the limit.
    lane* lane_of(const std::string& path);
    static void start(lane& in, const nlohmann::json& event, std::size_t at);
    static void end(lane& in, const nlohmann::json& event, std::size_t at);
    void draw_life(const lane& of, const life& drawn, int top, std::string& out) const;
    void draw_ends(const lane& of, ending how, int top, std::string& out) const;
    void draw_lane(const lane& drawn, std::size_t row, std::string& out) const;
    void draw_moments(std::string& out) const;
    int label_width() const;
    int x_of(std::size_t moment_number) const;

    const scenario& ran_;
    std::vector<moment> moments_;
    std::vector<lane> lanes_;
    std::map<std::string, std::size_t> lane_numbers_;
    bool too_many_moments_ = false;
    bool too_many_lanes_ = false;
};

}  // namespace coppice::cli
