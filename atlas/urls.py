"""The atlas' addresses; they are printed and linked, and stay."""

from django.urls import path, re_path
from django.views.decorators.gzip import gzip_page as packed

from atlas import coverage, data, feed, pages, statistics

app_name = "atlas"
urlpatterns = [
    path("", packed(pages.front), name="front"),
    re_path(r"^(?P<code>[A-Za-z]{2})$", packed(pages.country), name="country"),
    re_path(r"^(?P<code>[A-Z]{2})/atom$", packed(feed.country), name="atom"),
    path("on/<slug:slug>", packed(pages.platform), name="platform"),
    path("by/<slug:kind>", packed(pages.holders), name="holders"),
    path("fakes", packed(pages.fakes), name="fakes"),
    path("post/<slug:code>", packed(pages.post), name="post"),
    path("post/<slug:code>/embed", packed(pages.embed), name="embed"),
    path("data", packed(data.about), name="data"),
    path("data.csv", packed(data.as_csv), name="csv"),
    path("data.json", packed(data.as_json), name="json"),
    path("data.geojson", packed(data.as_geojson), name="geojson"),
    path("sitemap.xml", packed(data.sitemap), name="sitemap"),
    path("coverage", packed(coverage.matrix), name="coverage"),
    path("statistics/", packed(statistics.statistics), name="statistics"),
    path("statistics/ranking", packed(statistics.whole), name="ranking"),
    path("statistics/readiness", packed(statistics.ready), name="readiness"),
]
