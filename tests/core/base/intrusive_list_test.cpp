// SPDX-License-Identifier: Apache-2.0
// Elements link, move and leave by themselves when they die; lists let go of them when they do.
#include <memory>

#include <QTest>

#include "core/base/intrusive_list.h"

using namespace adit;

namespace {

struct OtherTag;
struct Node : ListHook<>, ListHook<OtherTag> {
  explicit Node(char n) : name(n) {}
  char name;
  [[nodiscard]] bool isListed() const { return static_cast<const ListHook<>&>(*this).isLinked(); }
};
using List = IntrusiveList<Node>;

std::string names(List& list) {
  std::string text;
  for (Node* node = list.front(); node != nullptr; node = list.next(*node)) text += node->name;
  return text;
}

}  // namespace

class IntrusiveListTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void keepsOrder() {
    List list;
    QVERIFY(list.empty());
    QVERIFY(list.front() == nullptr);
    QVERIFY(list.popFront() == nullptr);
    Node a('a'), b('b'), c('c');
    list.pushBack(a);
    list.pushBack(b);
    list.pushBack(c);
    QCOMPARE(names(list), std::string("abc"));
    list.pushBack(a);  // moves to the end
    QCOMPARE(names(list), std::string("bca"));
    QCOMPARE(list.popFront()->name, 'b');
    QVERIFY(!b.isListed());
    QCOMPARE(names(list), std::string("ca"));
  }

  void deadElementsLeave() {
    List list;
    Node a('a'), c('c');
    {
      Node b('b');
      list.pushBack(a);
      list.pushBack(b);
      list.pushBack(c);
    }
    QCOMPARE(names(list), std::string("ac"));
    auto last = std::make_unique<Node>('d');
    list.pushBack(*last);
    last.reset();
    QCOMPARE(names(list), std::string("ac"));
  }

  void unlinkingIsIdempotent() {
    List list;
    Node a('a');
    list.pushBack(a);
    static_cast<ListHook<>&>(a).unlink();
    static_cast<ListHook<>&>(a).unlink();
    QVERIFY(list.empty());
    QVERIFY(!a.isListed());
    list.pushBack(a);
    QCOMPARE(names(list), std::string("a"));
  }

  void anElementIsInOneListATag() {
    List first, second;
    IntrusiveList<Node, OtherTag> other;
    Node a('a');
    first.pushBack(a);
    other.pushBack(a);
    second.pushBack(a);
    QVERIFY(first.empty());
    QCOMPARE(names(second), std::string("a"));
    QCOMPARE(other.front()->name, 'a');
  }

  void splicingMovesEverything() {
    List first, second;
    Node a('a'), b('b'), c('c');
    first.pushBack(a);
    second.pushBack(b);
    second.pushBack(c);
    first.splice(second);
    QCOMPARE(names(first), std::string("abc"));
    QVERIFY(second.empty());
    first.splice(second);
    QCOMPARE(names(first), std::string("abc"));
  }

  void aDyingListLetsGo() {
    Node a('a'), b('b');
    {
      List list;
      list.pushBack(a);
      list.pushBack(b);
    }
    QVERIFY(!a.isListed());
    QVERIFY(!b.isListed());
  }
};

QTEST_APPLESS_MAIN(IntrusiveListTest)
#include "intrusive_list_test.moc"
