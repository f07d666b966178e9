// SPDX-License-Identifier: Apache-2.0
// Tests of /metrics.
//
// Goal    A strict reader of Prometheus' text format 0.0.4 accepts the output, whatever names a program uses.
//         The numbers equal the statistics of the program.
// Method  The reader refuses everything refused by the format's description or by Prometheus' conventions.

#include "dashboard/metrics.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include "dashboard/exposition.hpp"

namespace coppice::dashboard {
namespace {

using nlohmann::json;

/// Series and values; throws for the first wrong line.
class strict_reader {
  public:
    explicit strict_reader(const std::string& text) {
        if (text.empty() || text.back() != '\n') {
            throw std::runtime_error{"the last line does not end"};
        }
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line);) {
            line.starts_with("#") ? read_comment(line) : read_sample(line);
        }
        for (const auto& [name, type] : types_) {
            if (!helped_.contains(name)) {
                throw std::runtime_error{"no HELP: " + name};
            }
        }
    }

    double value(const std::string& series) const { return series_.at(series); }
    bool has(const std::string& series) const { return series_.contains(series); }
    std::size_t size() const { return series_.size(); }

  private:
    void read_comment(const std::string& line) {
        static const std::regex help{R"(# HELP ([a-z_:][a-z0-9_:]*) [^\\]*)"};
        static const std::regex type{R"(# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge))"};
        std::smatch found;
        if (std::regex_match(line, found, help)) {
            if (!helped_.insert(found[1]).second) {
                throw std::runtime_error{"a second HELP: " + line};
            }
        } else if (std::regex_match(line, found, type)) {
            family_ = found[1];
            if (!types_.emplace(family_, found[2]).second) {
                throw std::runtime_error{"a second TYPE: " + line};
            }
            if ((found[2] == "counter") != family_.ends_with("_total")) {
                throw std::runtime_error{"a counter, and it alone, ends in _total: " + line};
            }
        } else {
            throw std::runtime_error{"no comment of the format: " + line};
        }
    }

    void read_sample(const std::string& line) {
        static const std::regex sample{
            R"re(([a-z_:][a-z0-9_:]*)(\{([a-z_][a-z0-9_]*="([^"\\]|\\["\\n])*")(,[a-z_][a-z0-9_]*="([^"\\]|\\["\\n])*")*\})? (\S+))re"};
        std::smatch found;
        if (!std::regex_match(line, found, sample) || found[1] != family_) {
            throw std::runtime_error{"no sample of its family: " + line};
        }
        const std::string number = found[7];
        char* end = nullptr;
        const double value = std::strtod(number.c_str(), &end);
        if (*end != '\0' || !series_.emplace(line.substr(0, line.rfind(' ')), value).second) {
            throw std::runtime_error{"no number, or a series twice: " + line};
        }
    }

    std::set<std::string> helped_;
    std::map<std::string, std::string> types_;
    std::map<std::string, double> series_;
    std::string family_;
};

json child(const std::string& id, int restarts, int queue, json children = json::array()) {
    return {{"id", id},        {"pid", "<0.9." + std::to_string(restarts) + ">"},
            {"name", nullptr}, {"restarts", restarts},
            {"queue", queue},  {"children", std::move(children)}};
}

json program_statistics() {
    return json::parse(
        R"({"processes":7,"messages":12345678901,"spawns":9,"exits":2,"crashes":1,"restarts":3,
        "timers":4,"reports_lost":5,"stuck":1,"memory":{"processes":4096,"messages":512,"total":9000},
        "schedulers":[{"index":0,"spare":false,"utilisation":0.25,"queue":2,"turns":10,"steals":1},
                      {"index":1,"spare":true,"utilisation":0,"queue":0,"turns":0,"steals":0}],"uptime":1500})");
}

TEST(dashboard_metrics, tell_the_programs_numbers_in_base_units) {
    const strict_reader read{
        metrics_text({.is_up = true, .statistics = program_statistics(), .browsers = 2})};

    EXPECT_EQ(read.value("coppice_up"), 1);
    EXPECT_EQ(read.value("coppice_processes"), 7);
    EXPECT_EQ(read.value("coppice_messages_sent_total"), 12345678901.0);
    EXPECT_EQ(read.value("coppice_reports_dropped_total"), 5);
    EXPECT_EQ(read.value("coppice_stuck_processes"), 1);
    EXPECT_EQ(read.value("coppice_timers"), 4);
    EXPECT_EQ(read.value("coppice_uptime_seconds"), 1.5);
    EXPECT_EQ(read.value(R"(coppice_memory_bytes{use="messages"})"), 512);
    EXPECT_EQ(read.value(R"(coppice_scheduler_utilisation_ratio{scheduler="0",spare="false"})"),
              0.25);
    EXPECT_EQ(read.value(R"(coppice_run_queue_processes{scheduler="0",spare="false"})"), 2);
    EXPECT_EQ(read.value("coppice_dashboard_browsers"), 2);
}

TEST(dashboard_metrics, count_restarts_by_supervisor_and_child) {
    json root = child("shop", 0, 0,
                      {child("till", 2, 5, json::array()),
                       child("stock", 0, 0, json::array({child("shelf", 1, 0)}))});
    root["name"] = "front";
    const strict_reader read{metrics_text(
        {.statistics = program_statistics(), .tree = {{"roots", json::array({root})}}})};

    EXPECT_EQ(read.value(R"(coppice_restarts_total{supervisor="front",child="till"})"), 2);
    EXPECT_EQ(read.value(R"(coppice_mailbox_messages{supervisor="front",child="till"})"), 5);
    EXPECT_EQ(read.value(R"(coppice_restarts_total{supervisor="shop/stock",child="shelf"})"), 1);
}

TEST(dashboard_metrics, escape_special_characters_in_names) {
    const json root = child("a\"b\\c\nd{}=,", 0, 0, json::array({child("<b>\"\\\n", 1, 0)}));
    const strict_reader read{metrics_text({.tree = {{"roots", json::array({root})}}})};

    EXPECT_EQ(
        read.value(R"(coppice_restarts_total{supervisor="a\"b\\c\nd{}=,",child="<b>\"\\\n"})"), 1);
}

TEST(dashboard_metrics, give_children_of_dynamic_supervisors_no_series) {
    json session = child("<0.9.1>", 1, 0);
    json nameless = child("undefined", 2, 0);
    const json root =
        child("sessions", 0, 0, {session, nameless, child("", 3, 0), child("kept", 4, 0)});
    const strict_reader read{metrics_text({.tree = {{"roots", json::array({root})}}})};

    EXPECT_TRUE(read.has(R"(coppice_restarts_total{supervisor="sessions",child="kept"})"));
    EXPECT_EQ(read.size(), 4U);  // up, two of the kept child, browsers
}

TEST(dashboard_metrics, have_one_series_for_children_of_one_name) {
    const json root = child("top", 0, 0, {child("twin", 1, 0), child("twin", 2, 0)});

    EXPECT_NO_THROW(strict_reader{metrics_text({.tree = {{"roots", {root, root}}}})});
}

TEST(dashboard_metrics, limit_the_number_of_children_with_series) {
    json many = json::array();
    for (std::size_t i = 0; i < labelled_children_max + 1; ++i) {
        many.push_back(child("c" + std::to_string(i), 0, 0));
    }
    const strict_reader read{
        metrics_text({.tree = {{"roots", json::array({child("top", 0, 0, many)})}}})};

    EXPECT_EQ(read.size(), 2 * labelled_children_max + 2);
}

TEST(dashboard_metrics, report_an_unreachable_program_without_unknown_values) {
    EXPECT_EQ(metrics_text({}),
              "# HELP coppice_up Whether the program answers.\n"
              "# TYPE coppice_up gauge\n"
              "coppice_up 0\n"
              "# HELP coppice_dashboard_browsers Browsers that watch.\n"
              "# TYPE coppice_dashboard_browsers gauge\n"
              "coppice_dashboard_browsers 0\n");
}

TEST(dashboard_metrics, survive_answers_of_another_shape) {
    for (const char* odd :
         {"[]", "3", "{\"roots\":3}", "{\"roots\":[3,null,{\"children\":{}}]}", "{\"memory\":[]}",
          "{\"schedulers\":[3]}", "{\"schedulers\":[{\"index\":\"x\",\"spare\":1}]}"}) {
        EXPECT_NO_THROW(strict_reader{metrics_text({.statistics = json::parse(odd),
                                                    .tree = json::parse(odd),
                                                    .longest_queue = json::parse(odd)})})
            << odd;
    }
}

TEST(dashboard_exposition, writes_infinities_in_the_exposition_format) {
    exposition out;
    out.family("a", "gauge", "b\\\n\"c");
    out.sample(1e300 * 1e300, {{"l", "1"}});
    out.sample(-1e300 * 1e300, {{"l", "2"}});
    out.sample(0.1, {{"l", "3"}});
    EXPECT_EQ(
        out.text(),
        "# HELP a b\\\\\\n\"c\n# TYPE a gauge\na{l=\"1\"} +Inf\na{l=\"2\"} -Inf\na{l=\"3\"} 0.1\n");
}

}  // namespace
}  // namespace coppice::dashboard
