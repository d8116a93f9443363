"""Screens."""
import pytest
from datetime import timedelta
from django.utils import timezone
from qc.models import *
from qc.work import actions, presence
from tests.browser.axe import window, faults
pytestmark = pytest.mark.django_db(transaction=True)

@pytest.mark.parametrize("lang", ["en", "de"])
def test_look(anna, mona, invoices, labels, add_task, browser, live_server, lang):
    User.objects.filter(pk=anna.pk).update(language=lang, capacity=2)
    labels.people.add(anna); Queue.objects.filter(pk=labels.pk).update(scan_to_start=True)
    Queue.objects.filter(pk=invoices.pk).update(hand_back_reasons="Too dark\nLabel missing")
    a = add_task(invoices, priority=1, reference="INV-1", name="Invoice of Acme")
    b = add_task(invoices, priority=2, reference="INV-2", name="Rechnung über Befestigungsmaterial der Acme Fasteners GmbH & Co. KG, Niederlassung Süd, Lieferung 4711 vom 3. März, mit drei Anhängen", instructions="Look.\n"*1+"word "*1000, details={f"Column {n}": f"value {n}" for n in range(60)})
    c = add_task(labels, priority=3, reference="LAB-3", name="Label of a part")
    actions.sign_in(anna.pk)
    done = actions.complete(a.pk, by=anna, outcome="failed", notes="torn at page 5")
    for dark in (False, True):
        for w in (1440, 1024, 390):
            page = window(browser, str(live_server), anna, viewport={"width": w, "height": 844 if w==390 else 800}, **({"has_touch": True, "is_mobile": True} if w==390 else {}))
            page.add_init_script(f"localStorage.setItem('adminTheme', JSON.stringify('{'dark' if dark else 'light'}'))")
            name = f"/tmp/shots/{lang}-{'dark' if dark else 'light'}-{w}"
            def shot(what, **k): page.screenshot(path=f"{name}-{what}.png", **k)
            page.goto(f"/admin/my-work/?task={b.pk}"); page.wait_for_timeout(900)
            shot("1-head"); 
            page.mouse.wheel(0, 900) if w != 390 else page.evaluate("scrollTo(0,900)"); page.wait_for_timeout(300); shot("2-middle")
            page.evaluate("scrollTo(0, 100000)"); page.wait_for_timeout(300); shot("3-end")
            page.locator("#done-today > summary").click(); page.evaluate("scrollTo(0, 100000)");page.wait_for_timeout(200); shot("4-done")
            page.locator("#done-list a").first.click(); page.wait_for_timeout(200); shot("5-correct"); page.keyboard.press("Escape")
            page.locator("#gives-back").click(); page.wait_for_timeout(200); shot("6-release"); page.keyboard.press("Escape")
            page.goto(f"/admin/my-work/?task={c.pk}"); page.wait_for_timeout(900)
            page.evaluate(f"qcKept.show({{task: {b.pk}, reference: 'INV-2', text: 'corner bent', message: ''}})")
            page.evaluate("() => { const n = document.querySelector('.qc-newer'); n.hidden=false; }")
            shot("7-scan", full_page=True)
            page.context.close()
