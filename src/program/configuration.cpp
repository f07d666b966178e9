// SPDX-License-Identifier: Apache-2.0

#include "program/configuration.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <utility>

#include "program/toml_file.hpp"

namespace coppice::application::program {
namespace {

void add_with_needs(applications& all, const detail::description& what,
                    std::vector<const detail::description*>& underway) {
    if (std::ranges::find(all, &what, &configured::what) != all.end() ||
        std::ranges::find(underway, &what) != underway.end()) {
        return;
    }
    underway.push_back(&what);
    for (const detail::description* each : what.depends_on()) {
        add_with_needs(all, *each, underway);
    }
    all.push_back({what.name(), &what, what.environment(), what.declares_environment});
}

void accept(environments& into, const given& said, problems& wrong) {
    if (const std::string why = misfit(*said.app, said.key, said.what); !why.empty()) {
        wrong.push_back(said.where + ": " + why);
    } else {
        into[said.app->name].set(said.key, said.what);
    }
}

/// Converts a text from the command line or the environment to the type of the setting.
std::optional<given> understood(const configured& app, const std::string& key,
                                const std::string& text, const std::string& where,
                                problems& wrong) {
    const setting* const declared = app.find(key);
    const bool is_text = declared != nullptr && declared->type() == value_type::text;
    std::optional<value> what = is_text ? std::optional<value>{text} : value_of_toml(text);
    if (!what && declared != nullptr) {
        wrong.push_back(where + ": " + app.name + "." + key + " has to be " + declared->wants() +
                        ", and is " + to_string(value{text}));
        return std::nullopt;
    }
    return given{&app, key, std::move(what).value_or(value{text}), where};
}

void read_variables(const applications& all, environments& out, problems& wrong) {
    for (const configured& app : all) {
        for (const setting& each : app.declared) {
            const std::string variable = variable_of(app.name, each.key());
            const char* const text = std::getenv(variable.c_str());
            if (text == nullptr) {
                continue;
            }
            if (const auto said = understood(app, each.key(), text, variable, wrong)) {
                accept(out, *said, wrong);
            }
        }
    }
}

void read_wish(const applications& all, const wishes::one& wish, environments& out,
               problems& wrong) {
    const auto dot = wish.target.find('.');
    const configured* const app = find(all, wish.target.substr(0, dot));
    if (dot == std::string::npos || dot + 1 == wish.target.size()) {
        wrong.push_back(wish.where +
                        ": write --set APP.KEY=VALUE, with an application of this "
                        "program: " +
                        names_of(all));
        return;
    }
    if (app == nullptr) {
        wrong.push_back(wish.where + ": this program has no application " +
                        wish.target.substr(0, dot) + "; it has " + names_of(all));
        return;
    }
    const std::string key = wish.target.substr(dot + 1);
    if (app->declares && app->find(key) == nullptr) {
        wrong.push_back(wish.where + ": " + app->name + " has no setting " + key + "; it has " +
                        app->known_keys());
        return;
    }
    if (const auto said = understood(*app, key, wish.text, wish.where, wrong)) {
        accept(out, *said, wrong);
    }
}

void require_all(const applications& all, const environments& out, const wishes& wanted,
                 problems& wrong) {
    for (const configured& app : all) {
        for (const setting& each : app.declared) {
            if (each.is_required() && out.at(app.name).find(each.key()) == nullptr) {
                wrong.push_back((wanted.file.empty() ? app.name : wanted.file) + ": " + app.name +
                                "." + each.key() + " is missing; set the key in [" + app.name +
                                "] of the file of --config, set " +
                                variable_of(app.name, each.key()) + ", or give --set " + app.name +
                                "." + each.key() + "=VALUE");
            }
        }
    }
}

}  // namespace

const setting* configured::find(std::string_view key) const {
    const auto found = std::ranges::find(declared, key, &setting::key);
    return found == declared.end() ? nullptr : &*found;
}

bool configured::has_below(std::string_view key) const {
    const std::string prefix = std::string{key} + ".";
    return std::ranges::any_of(declared,
                               [&](const setting& each) { return each.key().starts_with(prefix); });
}

std::string configured::known_keys() const {
    std::string out;
    for (const setting& each : declared) {
        out += (out.empty() ? std::string{} : std::string{", "}) + each.key();
    }
    return out.empty() ? "none" : out;
}

std::string misfit(const configured& app, const std::string& key, const value& what) {
    const setting* const declared = app.find(key);
    return declared == nullptr || declared->accepts(what)
               ? std::string{}
               : app.name + "." + key + " has to be " + declared->wants() + ", and is " +
                     to_string(what);
}

applications applications_of(const detail::description& what) {
    applications out;
    std::vector<const detail::description*> underway;
    add_with_needs(out, what, underway);
    return out;
}

const configured* find(const applications& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, &configured::name);
    return found == all.end() ? nullptr : &*found;
}

std::string names_of(const applications& all) {
    std::string out;
    for (const configured& each : all) {
        out += (out.empty() ? std::string{} : std::string{", "}) + each.name;
    }
    return out;
}

std::string variable_of(std::string_view app, std::string_view key) {
    std::string out{app};
    out.append("_").append(key);
    for (char& each : out) {
        const auto byte = static_cast<unsigned char>(each);
        each = std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
    }
    return out;
}

environments read(const applications& all, const wishes& wanted, problems& wrong) {
    environments out;
    for (const configured& app : all) {
        table& env = out[app.name];
        for (const setting& each : app.declared) {
            if (each.otherwise()) {
                env.set(each.key(), *each.otherwise());
            }
        }
    }
    if (!wanted.file.empty()) {
        for (const given& said : read_toml(wanted.file, all, wrong)) {
            accept(out, said, wrong);
        }
    }
    read_variables(all, out, wrong);
    for (const wishes::one& wish : wanted.values) {
        read_wish(all, wish, out, wrong);
    }
    require_all(all, out, wanted, wrong);
    return out;
}

}  // namespace coppice::application::program
