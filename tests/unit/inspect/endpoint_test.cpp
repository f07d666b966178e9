// SPDX-License-Identifier: Apache-2.0
// Goal    An endpoint answers questions about the program's tree and takes commands, both for the program's
//         own user only. An endpoint harms no other part of the program: neither by received data, nor by
//         clients that do not read, nor by its end.
// Method  Real sockets on 1, 2 and 4 scheduler threads; lines as from any client.

#include <sys/stat.h>

#include <algorithm>

#include "inspect/endpoint.hpp"
#include "inspect/methods.hpp"
#include "inspected_world.hpp"

namespace coppice::test {
namespace {

class an_endpoint : public on_all_workers {};
INSTANTIATE_TEST_SUITE_P(workers, an_endpoint, ::testing::Values(1U, 2U, 4U));

json who(const std::string& name) {
    return {{"who", name}};
}

TEST_P(an_endpoint, identifies_its_program) {
    const json hello = client_.result("hello", {{"client", "test"}});
    EXPECT_EQ(hello["protocol"], 1);
    EXPECT_EQ(hello["program"], "shop");
    EXPECT_EQ(hello["os_pid"], ::getpid());
    EXPECT_EQ(hello["read_only"], false);
}

TEST_P(an_endpoint, shows_the_tree_without_itself) {
    const json roots = client_.result("tree")["roots"];
    const auto shop = std::ranges::find(roots, "shop", [](const json& r) { return r["id"]; });
    ASSERT_NE(shop, roots.end()) << roots;
    EXPECT_EQ((*shop)["strategy"], "rest_for_one");
    EXPECT_EQ((*shop)["window"]["max"], 100);
    ASSERT_EQ((*shop)["children"].size(), 3U) << *shop;
    EXPECT_EQ((*shop)["children"][0]["id"], "till");
    EXPECT_EQ((*shop)["children"][0]["pid"], on_.pid_of("till"));
    EXPECT_EQ((*shop)["children"][2]["strategy"], "dynamic");
    EXPECT_FALSE(
        std::ranges::any_of(roots, [](const json& r) { return r["id"] == "inspect:shop"; }));
}

TEST_P(an_endpoint, limits_the_tree_by_depth_and_page) {
    const json root = client_.result("tree", {{"root", "shop"}, {"depth", 1}})["roots"][0];
    EXPECT_EQ(root["children"].size(), 3U);
    EXPECT_FALSE(root["children"][2].contains("children"));
    const json page =
        client_.result("tree", {{"root", "shop"}, {"offset", 1}, {"limit", 2}})["roots"][0];
    ASSERT_EQ(page["children"].size(), 2U);
    EXPECT_EQ(page["children"][0]["id"], "clerk");
    EXPECT_EQ(page["children_count"], 3);
}

TEST_P(an_endpoint, finds_and_describes_a_process) {
    const std::string till = on_.pid_of("till");
    EXPECT_EQ(client_.result("whereis", {{"name", "till"}})["pid"], till);
    EXPECT_TRUE(client_.result("whereis", {{"name", "nobody"}})["pid"].is_null());
    EXPECT_EQ(client_.result("info", who("till"))["pid"], till);
    EXPECT_EQ(client_.result("info", who(till))["name"], "till");
    EXPECT_EQ(client_.result("state", who("till"))["state"], "till{sum: 0}");
    const json names = client_.result("registered");
    EXPECT_TRUE(std::ranges::any_of(names, [&](const json& n) { return n["pid"] == till; }));
}

TEST_P(an_endpoint, lists_processes_by_page_and_filter) {
    const json all = client_.result("processes", {{"limit", 1000}});
    EXPECT_EQ(all["items"].size(), all["matching"]);
    const json found = client_.result("processes", {{"filter", "till"}, {"sort", "name"}});
    EXPECT_GE(found["matching"], 2);
    const json named = client_.result("processes", {{"sort", "name"}, {"limit", 2}});
    EXPECT_LT(named["items"][0]["name"], named["items"][1]["name"]) << named;
    const json one = client_.result("processes", {{"limit", 1}, {"offset", 1}});
    ASSERT_EQ(one["items"].size(), 1U);
    EXPECT_EQ(one["items"][0]["pid"], all["items"][1]["pid"]);
}

TEST_P(an_endpoint, lists_and_counts_children) {
    const json all = client_.result("which_children", who("shop"));
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0]["id"], "till");
    EXPECT_EQ(all[0]["restart"], "permanent");
    EXPECT_EQ(client_.result("count_children", who("shop")),
              (json{{"specs", 3}, {"active", 3}, {"supervisors", 1}, {"workers", 2}}));
    EXPECT_EQ(client_.code("which_children", who("till")), -32602);
}

TEST_P(an_endpoint, kills_a_process_that_is_then_restarted) {
    const std::string before = on_.pid_of("till");
    EXPECT_EQ(client_.result("exit", {{"who", "till"}, {"reason", "kill"}})["done"], true);
    EXPECT_TRUE(eventually([&] {
        const std::string now = on_.pid_of("till");
        return now != before && now != "undefined";
    }));
    EXPECT_EQ(client_.code("exit", {{"who", before}, {"reason", "kill"}}), 1);
}

TEST_P(an_endpoint, stops_restarts_and_forgets_a_child) {
    const json clerk{{"who", "shop"}, {"id", "clerk"}};
    EXPECT_EQ(client_.result("terminate_child", clerk)["done"], true);
    EXPECT_TRUE(client_.result("which_children", who("shop"))[1]["pid"].is_null());
    EXPECT_TRUE(client_.result("restart_child", clerk)["pid"].is_string());
    EXPECT_EQ(client_.error("restart_child", clerk), "running");
    EXPECT_EQ(client_.code("delete_child", clerk), 4);
    client_.result("terminate_child", clerk);
    client_.result("delete_child", clerk);
    EXPECT_EQ(client_.error("terminate_child", clerk), "not_found");
}

TEST_P(an_endpoint, suspends_and_resumes) {
    client_.result("suspend", who("till"));
    EXPECT_EQ(client_.result("info", who("till"))["suspended"], true);
    client_.result("resume", who("till"));
    EXPECT_EQ(client_.result("info", who("till"))["suspended"], false);
}

TEST_P(an_endpoint, explains_the_effects_of_an_exit) {
    const json told = client_.result("explain", who("till"));
    EXPECT_EQ(told["steps"][0]["name"], "shop");
    EXPECT_EQ(told["steps"][0]["restarted"], true);
    EXPECT_FALSE(told["text"].get<std::string>().empty());
}

TEST_P(an_endpoint, reports_the_client_of_control_requests) {
    client_.result("hello", {{"client", "te\nst"}});
    client_.result("suspend", who("till"));
    client_.result("resume", who("till"));
    const auto told = on_.reports();
    EXPECT_TRUE(std::ranges::any_of(told, [](const std::string& line) {
        return line.find(R"(inspect: suspend {"who":"till"} requested by user )" +
                         std::to_string(::geteuid()) + R"(, client te\nst)") != std::string::npos;
    })) << ::testing::PrintToString(told);
}

TEST_P(an_endpoint, calls_casts_and_sends_by_text) {
    const json add{{"who", "till"}, {"message", "add"}, {"fields", {"5"}}};
    EXPECT_EQ(client_.result("cast", add)["done"], true);
    EXPECT_EQ(client_.result("call", {{"who", "till"}, {"message", "total"}})["reply"], "5");
    EXPECT_EQ(client_.code("call", {{"who", "till"}, {"message", "no_such"}}), -32602);
    EXPECT_EQ(client_.code("cast", {{"who", "till"}, {"message", "add"}, {"fields", {"x"}}}),
              -32602);
    EXPECT_EQ(client_.code("call", {{"who", "nobody"}, {"message", "total"}}), 1);
    const json listed = client_.result("messages", who("till"));
    EXPECT_TRUE(std::ranges::any_of(listed, [](const json& m) {
        return m["name"] == "add" && m["fields"][0]["name"] == "amount";
    })) << listed;
}

TEST_P(an_endpoint, returns_statistics_timers_and_events) {
    const json numbers = client_.result("statistics");
    EXPECT_GT(numbers["processes"], 5);
    EXPECT_EQ(numbers["schedulers"].size(), GetParam()) << numbers;
    for (const json& each : numbers["schedulers"]) {
        EXPECT_GE(each["utilisation"], 0.0);
        EXPECT_LE(each["utilisation"], 1.0);
    }
    EXPECT_GE(client_.result("timers")["total"], 1);
    const json seen = client_.result("events", {{"limit", 1}});
    ASSERT_EQ(seen["items"].size(), 1U);
    EXPECT_EQ(seen["items"][0]["seq"], 1);
    EXPECT_EQ(seen["next"], 2);
}

TEST_P(an_endpoint, shows_a_stuck_process) {
    on_.hold_till();
    EXPECT_TRUE(eventually([&] { return client_.result("stuck").size() == 1; }));
    const json stuck = client_.result("stuck")[0];
    EXPECT_EQ(stuck["pid"], on_.pid_of("till"));
    const json info = client_.result("info", who("till"));
    EXPECT_EQ(info["busy"], true);
    EXPECT_GT(info["handling"]["for"], 0);
    const json root = client_.result("tree", {{"root", "shop"}})["roots"][0];
    EXPECT_EQ(root["children"][0]["stuck"], true);
    EXPECT_EQ(root["children"][1]["stuck"], false);
}

TEST_P(an_endpoint, shows_restarts_and_the_last_exit_of_a_child) {
    client_.result("exit", {{"who", "till"}, {"reason", "{bad,\"luck\",7}"}});
    EXPECT_TRUE(eventually([&] {
        const json root = client_.result("tree", {{"root", "shop"}, {"depth", 1}})["roots"][0];
        const json& till = root["children"][0];
        return till["restarts"] == 1 && till["last_exit"] == "{bad,\"luck\",7}" &&
               root["window"]["used"] == 1;
    })) << client_.result("tree", {{"root", "shop"}, {"depth", 1}});
}

TEST_P(an_endpoint, shows_the_last_exit_reason_with_a_restarted_process) {
    EXPECT_EQ(client_.result("info", {{"who", "till"}})["last_exit"], nullptr);
    EXPECT_EQ(client_.result("info", {{"who", "shop"}})["last_exit"], nullptr);
    client_.result("exit", {{"who", "till"}, {"reason", "boom"}});
    client_.ask("exit",
                {{"who", "carts"}, {"reason", "kill"}});  // an error if carts is between two lives
    for (const auto& [who, why] : {std::pair{"till", "boom"}, std::pair{"carts", "shutdown"}}) {
        json info;
        EXPECT_TRUE(eventually([&] {
            const json answer = client_.ask("info", {{"who", who}});  // between two lives: noproc
            info = answer.value("result", json::object());
            return info.contains("last_exit") && !info["last_exit"].is_null();
        }));
        const std::string last = info["last_exit"];
        EXPECT_TRUE(last == why || last == "killed") << info;
    }
}

TEST_P(an_endpoint, sets_the_level_of_reports) {
    EXPECT_EQ(client_.result("report_level", {{"level", "error"}})["was"], "notice");
    EXPECT_EQ(client_.result("report_level", {{"level", "notice"}})["was"], "error");
    EXPECT_EQ(client_.code("report_level", {{"level", "loud"}}), -32602);
}

TEST_P(an_endpoint, notifies_of_reports) {
    client_.result("subscribe", {{"topic", "reports"}, {"level", "error"}});
    client_.result("exit", {{"who", "till"}, {"reason", "boom"}});
    const json told = client_.notification();
    EXPECT_EQ(told["topic"], "reports");
    EXPECT_EQ(told["data"]["level"], "error") << told;
    EXPECT_NE(told["data"]["text"].get<std::string>().find("boom"), std::string::npos) << told;
}

TEST_P(an_endpoint, notifies_of_events) {
    const json now = client_.result("events", {{"since", INT64_MAX}});
    client_.result("subscribe", {{"topic", "events"}, {"since", now["next"]}});
    const std::string before = on_.pid_of("till");
    client_.result("exit", {{"who", "till"}, {"reason", "boom"}});
    EXPECT_TRUE(eventually([&] {
        const json told = client_.notification();
        return std::ranges::any_of(told["data"]["items"], [&](const json& e) {
            return e["kind"] == "exit" && e["pid"] == before && e["reason"] == "boom";
        });
    }));
}

TEST_P(an_endpoint, sends_all_pending_notifications_before_a_flush_answer) {
    EXPECT_EQ(client_.result("flush")["done"], true);
    client_.result("subscribe", {{"topic", "reports"}, {"level", "error"}});
    client_.result("subscribe", {{"topic", "trace"}, {"who", "till"}});
    constexpr int reports = 700;  // more than fit into one batch
    on_.world.run([&]() -> task<> {
        for (int i = 0; i < reports; ++i) {
            log(report_level::error, "report " + std::to_string(i));
        }
        co_return;
    });
    EXPECT_EQ(client_.result("flush")["done"], true);
    EXPECT_EQ(client_.notifications_before_the_answer(), static_cast<std::size_t>(reports));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client_.result("flush")["done"], true);
    }
}

TEST_P(an_endpoint, notifies_of_statistics) {
    client_.result("subscribe", {{"topic", "statistics"}, {"interval", 100}});
    const json first = client_.notification();
    const json second = client_.notification();
    EXPECT_GE(second["data"]["messages"], first["data"]["messages"]);
    EXPECT_GT(second["data"]["uptime"], first["data"]["uptime"]);
}

TEST_P(an_endpoint, traces_a_server) {
    client_.result("subscribe", {{"topic", "trace"}, {"who", "till"}});
    const json add{{"who", "till"}, {"message", "add"}, {"fields", {"5"}}};
    json told;
    EXPECT_TRUE(eventually([&] {
        client_.result("cast", add);
        told = client_.notification(100ms);
        return !told.is_null();
    }));
    EXPECT_EQ(told["data"]["kind"], "cast") << told;
    EXPECT_EQ(told["data"]["message"], "add{amount: 5}") << told;
    client_.result("exit", {{"who", "till"}, {"reason", "kill"}});
    EXPECT_TRUE(eventually([&] {
        const json last = client_.notification();
        return last.is_object() && last["data"].contains("ended");
    }));
}

/// The debug functions of the till, which is idle meanwhile.
std::vector<std::string> functions_of_till(runtime& world) {
    std::vector<std::string> out;
    world.run([&out]() -> task<> {
        const sys::status told = co_await sys::get_status("till");
        out = told.functions;
    });
    return out;
}

TEST_P(an_endpoint, removes_its_trace_from_an_idle_server) {
    const auto traces = [&](std::size_t count) {
        return eventually([&] { return functions_of_till(on_.world).size() == count; });
    };
    const json made = client_.result("subscribe", {{"topic", "trace"}, {"who", "till"}});
    inspector other = on_.connect();
    other.result("subscribe", {{"topic", "trace"}, {"who", "till"}});
    EXPECT_TRUE(traces(2));
    client_.result("unsubscribe", made);
    EXPECT_TRUE(traces(1));
    other.leave();
    EXPECT_TRUE(traces(0));
}

TEST_P(an_endpoint, notifies_of_tree_changes) {
    client_.result("subscribe", {{"topic", "tree"}, {"root", "shop"}, {"interval", 100}});
    const json first = client_.notification();
    ASSERT_EQ(first["data"]["nodes"].size(), 1U) << first;
    const std::string before = first["data"]["nodes"][0]["children"][0]["pid"];
    client_.result("exit", {{"who", "till"}, {"reason", "kill"}});
    EXPECT_TRUE(eventually([&] {
        const json changed = client_.notification();
        const json& now = changed["data"]["nodes"][0]["children"][0]["pid"];
        return now.is_string() && now != before;
    }));
}

TEST_P(an_endpoint, ends_a_subscription) {
    const json made = client_.result("subscribe", {{"topic", "tree"}, {"interval", 100}});
    EXPECT_EQ(client_.result("unsubscribe", made)["done"], true);
    EXPECT_EQ(client_.code("unsubscribe", made), -32602);
    EXPECT_EQ(client_.code("subscribe", {{"topic", "weather"}}), -32602);
}

TEST_P(an_endpoint, bounds_the_subscriptions_of_a_client) {
    for (int i = 0; i < 16; ++i) {
        EXPECT_EQ(client_.code("subscribe", {{"topic", "tree"}, {"interval", 10'000}}), 0) << i;
    }
    EXPECT_EQ(client_.code("subscribe", {{"topic", "tree"}}), 5);
}

TEST_P(an_endpoint, answers_about_others_while_one_process_is_stuck) {
    on_.hold_till();
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(client_.code("state", who("till")), 2);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
    const json root = client_.result("tree", {{"root", "shop"}, {"depth", 1}})["roots"][0];
    EXPECT_EQ(root["children"][0]["busy"], true);
    EXPECT_EQ(root["children"][1]["busy"], false);
    EXPECT_EQ(client_.result("count_children", who("shop"))["specs"], 3);
    client_.result("exit", {{"who", "till"}, {"reason", "kill"}});
}

TEST_P(an_endpoint, bounds_the_requests_that_wait) {
    on_.hold_till();
    std::string lines;
    for (int i = 0; i < 17; ++i) {
        lines += R"({"jsonrpc":"2.0","id":)" + std::to_string(i) +
                 R"(,"method":"state","params":{"who":"till"}})" + "\n";
    }
    client_.say(lines);
    const json first = json::parse(client_.hear());
    EXPECT_EQ(first["id"], 16);
    EXPECT_EQ(first["error"]["code"], 5);
    for (int i = 0; i < 16; ++i) {
        EXPECT_EQ(json::parse(client_.hear())["error"]["code"], 2);
    }
}

TEST_P(an_endpoint, refuses_malformed_requests) {
    const std::vector<std::pair<std::string, int>> wrong{
        {"nonsense", -32700},
        {"", -32700},
        {"\"\xff\"", -32700},
        {"[]", -32600},
        {"1", -32600},
        {"{}", -32600},
        {R"({"jsonrpc":"1.0","id":1,"method":"hello"})", -32600},
        {R"({"jsonrpc":"2.0","id":{},"method":"hello"})", -32600},
        {R"({"jsonrpc":"2.0","id":1,"method":7})", -32600},
        {R"({"jsonrpc":"2.0","id":1,"method":"hello","params":[]})", -32600},
        {R"({"jsonrpc":"2.0","id":1,"method":"no_such"})", -32601},
        {R"({"jsonrpc":"2.0","id":1,"method":"whereis"})", -32602},
        {R"({"jsonrpc":"2.0","id":1,"method":"whereis","params":{"name":1}})", -32602},
        {R"({"jsonrpc":"2.0","id":1,"method":"info","params":{"who":"<0.x>"}})", -32602},
        {R"({"jsonrpc":"2.0","id":1,"method":"info","params":{"who":"<0.4294967295.9>"}})", 1},
        {R"({"jsonrpc":"2.0","id":1,"method":"info","params":{"who":"nobody"}})", 1},
        {std::string(33, '[') + std::string(33, ']'), -32600},
    };
    for (const auto& [line, code] : wrong) {
        client_.say(line + "\n");
        const std::string answer = client_.hear();
        const json told = json::parse(answer, nullptr, false);
        ASSERT_TRUE(told.contains("error")) << line << " -> " << answer;
        EXPECT_EQ(told["error"]["code"], code) << line << " -> " << told;
    }
    EXPECT_EQ(client_.result("hello")["protocol"], 1);
}

TEST_P(an_endpoint, keeps_numbers_in_their_bounds) {
    for (const json& limit : {json(0), json(1001), json(-1), json(1.5), json("1"), json(1e300)}) {
        EXPECT_EQ(client_.code("processes", {{"limit", limit}}), -32602) << limit;
    }
    EXPECT_EQ(client_.code("processes", {{"limit", 1}}), 0);
    EXPECT_EQ(client_.code("processes", {{"limit", 1000}}), 0);
    EXPECT_EQ(client_.code("tree", {{"depth", 65}}), -32602);
    EXPECT_EQ(client_.code("tree", {{"depth", 64}}), 0);
    EXPECT_EQ(client_.code("subscribe", {{"topic", "tree"}, {"interval", 99}}), -32602);
}

TEST_P(an_endpoint, answers_no_notification) {
    client_.say(R"({"jsonrpc":"2.0","method":"hello"})"
                "\n");
    EXPECT_EQ(client_.result("hello")["protocol"], 1);
}

TEST_P(an_endpoint, takes_a_line_of_1_mib_and_no_longer_one) {
    const std::string head = R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"x":")";
    const std::string tail = R"("}})";
    const std::size_t longest = std::size_t{1024} * 1024;
    const std::string filling(longest - head.size() - tail.size(), 'x');
    client_.say(head + filling + tail + "\n");
    EXPECT_TRUE(json::parse(client_.hear()).contains("result"));
    client_.say(head + filling + "x" + tail + "\n");
    EXPECT_EQ(json::parse(client_.hear())["error"]["code"], -32600);
    EXPECT_EQ(client_.hear(), "<end>");
}

TEST_P(an_endpoint, is_restarted_after_a_kill) {
    EXPECT_EQ(client_.result("hello")["program"],
              "shop");  // only a started endpoint is restarted
    const pid before = on_.world.whereis("inspect:shop");
    on_.world.exit(before, reason::kill);
    EXPECT_EQ(client_.hear(), "<end>");
    EXPECT_TRUE(eventually([&] {  // the socket of the old endpoint may still exist
        auto again = on_.connect();
        if (!again.is_connected()) {
            return false;
        }
        again.say(R"({"jsonrpc":"2.0","id":1,"method":"hello"})"
                  "\n");
        return again.hear().find("\"shop\"") != std::string::npos;
    }));
}

TEST_P(an_endpoint, is_for_its_owner_only) {
    struct stat found{};
    ASSERT_EQ(::stat(on_.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    EXPECT_TRUE(inspect::is_trusted(net::credentials{1, 1000, 1000}, 1000));
    EXPECT_TRUE(inspect::is_trusted(net::credentials{1, 0, 0}, 1000));
    EXPECT_FALSE(inspect::is_trusted(net::credentials{1, 1001, 1000}, 1000));
    EXPECT_FALSE(inspect::is_trusted(std::nullopt, 1000));
}

TEST_P(an_endpoint, stops_its_program) {
    EXPECT_EQ(client_.result("stop")["done"], true);
    EXPECT_TRUE(on_.world.wait_for_stop_request(patience));
}

TEST(an_endpoint_that_is_read_only, refuses_all_control_methods) {
    inspected_world world{2, true};
    inspector client = world.connect();
    EXPECT_EQ(client.result("hello")["read_only"], true);
    std::size_t refused = 0;
    for (const inspect::method& each : inspect::methods()) {
        if (each.steers) {
            EXPECT_EQ(client.code(std::string{each.name}), 3) << each.name;
            ++refused;
        } else {
            EXPECT_NE(client.code(std::string{each.name}), 3) << each.name;
        }
    }
    EXPECT_GE(refused, 7U);
}

TEST(an_endpoint_with_a_client_that_does_not_read, disconnects_the_client) {
    inspected_world world;
    const inspector client = world.connect();
    std::string lines;
    for (int i = 0; i < 1000; ++i) {
        lines += R"({"jsonrpc":"2.0","id":1,"method":"tree"})"
                 "\n";
    }
    inspector other = world.connect();
    const json supervisor = other.result("which_children", who("inspect:shop"))[0]["pid"];
    EXPECT_EQ(other.result("count_children", {{"who", supervisor}})["active"], 2);
    for (int i = 0; i < 50; ++i) {
        client.say(lines);  // until the endpoint closes the connection
    }
    EXPECT_TRUE(eventually(
        [&] { return other.result("count_children", {{"who", supervisor}})["active"] == 1; }));
}

TEST(an_endpoint_beside_another, takes_a_name_with_its_pid) {
    inspected_world first;
    runtime second{testing::sim_world::quiet()};
    second.start();
    auto chosen = first.chosen;
    second.spawn([chosen] { return open_shop(chosen); });
    const std::string path = first.folder() + "/shop." + std::to_string(::getpid()) + ".sock";
    EXPECT_TRUE(eventually([&] { return inspector{path}.is_connected(); }));
    EXPECT_TRUE(static_cast<bool>(second.stop()));
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_TRUE(first.connect().is_connected());
}

/// The reason why a supervisor with the endpoint fails to start.
std::string start_of(const inspect::options& chosen) {
    auto quiet = testing::sim_world::quiet();
    runtime world{quiet};
    world.start();
    std::string out;
    world.run([&]() -> task<> {
        trap_exit(true);
        auto starting = supervisor::start_link(children(inspect::child(chosen)));
        const auto started = co_await starting;
        out = started ? "started" : to_string(started.error());
    });
    world.stop();
    return out;
}

TEST(an_endpoint_in_a_folder, requires_the_folder_to_be_private_to_its_owner) {
    const scratch_folder scratch;
    inspect::options chosen;
    chosen.name = "shop";
    chosen.folder = scratch.path();
    using std::filesystem::perms;
    std::filesystem::permissions(scratch.path(), perms::owner_all | perms::group_exec);
    EXPECT_NE(start_of(chosen).find("chmod 700 it"), std::string::npos) << start_of(chosen);
    chosen.may_be_missing = true;
    EXPECT_EQ(start_of(chosen), "started");
    std::filesystem::permissions(scratch.path(), perms::owner_all);
    chosen.may_be_missing = false;
    EXPECT_EQ(start_of(chosen), "started");
    chosen.folder = scratch.path() + "/new";
    EXPECT_EQ(start_of(chosen), "started");
    chosen.folder = scratch.path() + "/no/such";
    EXPECT_NE(start_of(chosen).find("cannot be made"), std::string::npos);
    const scratch_file file;
    chosen.folder = file.path();
    EXPECT_NE(start_of(chosen).find("is no folder"), std::string::npos);
}

TEST(an_endpoint_in_a_folder, has_a_name_that_fits_a_file) {
    EXPECT_EQ(inspect::name_from("my shop/1"), "my_shop_1");
    EXPECT_EQ(inspect::name_from(".."), "_.");
    EXPECT_EQ(inspect::name_from(""), "coppice");
    EXPECT_EQ(inspect::name_from(std::string(65, 'x')), std::string(64, 'x'));
    inspect::options chosen;
    chosen.name = std::string(64, 'x');
    EXPECT_NO_THROW((void)inspect::child(chosen));
    for (const std::string& wrong :
         {std::string{}, std::string{"a/b"}, std::string{".a"}, std::string(65, 'x')}) {
        chosen.name = wrong;
        EXPECT_THROW((void)inspect::child(chosen), std::invalid_argument) << wrong;
    }
}

TEST(an_endpoint_in_a_simulation, is_left_out) {
    runtime_options options = testing::sim_world::quiet();
    options.clock = clock_kind::simulated;
    runtime world{options};
    world.start();
    inspect::options chosen;
    chosen.name = "shop";
    bool is_started = false;
    world.run([&]() -> task<> {
        auto starting = supervisor::start_link(children(inspect::child(chosen)));
        const auto started = co_await starting;
        is_started = started.ok();
    });
    EXPECT_TRUE(is_started);
}

}  // namespace
}  // namespace coppice::test
