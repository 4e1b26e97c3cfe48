#include "dtl/expression_key.h"

#include "dtl/path.h"
#include "value/json.h"
#include "value/record.h"

namespace sluice::dtl {
namespace {

void AppendPath(const Expr& expr, std::string& out) {
  std::string path = "_";
  for (const NameReference& name : expr.names) {
    path += name.any_namespace ? ".*:'" : ".'";
    for (const char c : name.name) {
      if (c == '\'') path += c;
      path += c;
    }
    path += '\'';
  }
  WriteJsonString(path, out);
}

void AppendCanonical(const Expr& expr, std::string& out) {
  if (expr.type == Expr::Type::kPath && expr.root != Root::kCurrent) return AppendPath(expr, out);
  out += '[';
  if (expr.type == Expr::Type::kPath) {
    // `_` of a function over values is another one than the entity's.
    out += "\"item\",";
    AppendPath(expr, out);
  } else if (expr.IsLiteral()) {
    out += "\"literal\"," + ToJson(expr.literal, {.sort_keys = true});
  } else {
    WriteJsonString(expr.function->name, out);
    for (const Expr& arg : expr.args) {
      out += ',';
      AppendCanonical(arg, out);
    }
  }
  out += ']';
}

// "_.'name'" → name, where finding the property is all that evaluating it would do. Empty: else.
std::string PlainProperty(std::string_view expression) {
  constexpr std::string_view kBegin = "\"_.'", kEnd = "'\"";
  if (expression.size() <= kBegin.size() + kEnd.size() || !expression.starts_with(kBegin) ||
      !expression.ends_with(kEnd)) {
    return {};
  }
  expression.remove_prefix(kBegin.size());
  expression.remove_suffix(kEnd.size());
  if (expression.find_first_of("'\\\"") != std::string_view::npos) return {};
  if (expression.front() == '_' || expression.front() == '$') return {};
  return std::string(expression);
}

// One evaluation of nodes over one entity, without anything around it.
class Alone {
 public:
  Alone(const Ground& ground, const Entity& entity, std::optional<int> slot, Arena& arena)
      : evaluator_(environment_, ground.options, arena, ground.slots),
        frame_(MakeFrame(slot ? Value::Null() : Value::OfEntity(&entity), nullptr, nullptr)) {
    evaluator_.frame = &frame_;
    evaluator_.root = &frame_;
    if (slot) evaluator_.slots[*slot] = Value::OfEntity(&entity);
  }
  Result<Value> Evaluate(const Node& node) { return Try(node, evaluator_); }

 private:
  Environment environment_;
  Evaluator evaluator_;
  Frame frame_;
};

}  // namespace

std::string CanonicalText(const Expr& expr, const Namespaces& namespaces) {
  std::string text;
  AppendCanonical(expr, text);
  // Such a function means another thing in a pipe with other namespaces.
  if (expr.uses.context && namespaces.identifiers) {
    text += fmt::format(" in {} {}", namespaces.identity, namespaces.property);
  }
  return text;
}

ExpressionKey::ExpressionKey(std::string dataset, std::string expression,
                             std::shared_ptr<const Ground> ground, std::shared_ptr<const Node> node,
                             std::optional<int> slot)
    : dataset_(std::move(dataset)),
      expression_(std::move(expression)),
      ground_(std::move(ground)),
      node_(std::move(node)),
      slot_(slot),
      is_id_(expression_ == R"("_.'_id'")"),
      property_(PlainProperty(expression_)) {}

std::vector<Value> ExpressionKey::Keys(const Entity& entity, Arena& arena) const {
  std::vector<Value> keys;
  const auto value = property_.empty() ? Alone(*ground_, entity, slot_, arena).Evaluate(*node_)
                                       : Result<Value>(entity.dict.Find(property_));
  if (!value.ok() || value->IsNull()) return keys;
  if (!value->IsList()) {
    keys.push_back(WithoutMetadata(*value));
    return keys;
  }
  keys.reserve(value->count());
  for (const Value& item : value->items()) {
    if (!item.IsNull()) keys.push_back(WithoutMetadata(item));
  }
  return keys;
}

std::shared_ptr<const IndexedKey> ExpressionKey::Over(std::string dataset) const {
  return std::make_shared<ExpressionKey>(std::move(dataset), expression_, ground_, node_, slot_);
}

ExpressionFilter::ExpressionFilter(std::shared_ptr<const Ground> ground, std::vector<NodePtr> nodes,
                                   int slot)
    : ground_(std::move(ground)), nodes_(std::move(nodes)), slot_(slot) {}

bool ExpressionFilter::Passes(const Entity& entity, Arena& arena) const {
  Alone alone(*ground_, entity, slot_, arena);
  for (const NodePtr& node : nodes_) {
    // What fails here would fail the hop, so it is not filtered away.
    const auto value = alone.Evaluate(*node);
    if (value.ok() && !value->IsTrue()) return false;
  }
  return true;
}

ExpressionReads::ExpressionReads(std::shared_ptr<const Ground> ground, std::vector<NodePtr> nodes,
                                 int slot)
    : ground_(std::move(ground)), nodes_(std::move(nodes)), slot_(slot) {}

bool ExpressionReads::Differ(const Entity& a, const Entity& b, Arena& arena) const {
  Alone first(*ground_, a, slot_, arena);
  Alone second(*ground_, b, slot_, arena);
  std::string left;
  std::string right;
  for (const NodePtr& node : nodes_) {
    const auto x = first.Evaluate(*node);
    const auto y = second.Evaluate(*node);
    if (!x.ok() || !y.ok()) return true;
    left.clear();
    right.clear();
    Encode(WithoutMetadata(*x), left);
    Encode(WithoutMetadata(*y), right);
    if (left != right) return true;
  }
  return false;
}

}  // namespace sluice::dtl
