"""The atlas' addresses; they are printed and linked, and stay."""

from django.urls import path, re_path

from atlas import coverage, data, feed, pages, statistics

app_name = "atlas"
urlpatterns = [
    path("", pages.front, name="front"),
    re_path(r"^(?P<code>[A-Za-z]{2})$", pages.country, name="country"),
    re_path(r"^(?P<code>[A-Z]{2})/atom$", feed.country, name="atom"),
    path("on/<slug:slug>", pages.platform, name="platform"),
    path("by/<slug:kind>", pages.holders, name="holders"),
    path("fakes", pages.fakes, name="fakes"),
    path("post/<slug:code>", pages.post, name="post"),
    path("post/<slug:code>/embed", pages.embed, name="embed"),
    path("data", data.about, name="data"),
    path("data.csv", data.as_csv, name="csv"),
    path("data.json", data.as_json, name="json"),
    path("data.geojson", data.as_geojson, name="geojson"),
    path("sitemap.xml", data.sitemap, name="sitemap"),
    path("coverage", coverage.matrix, name="coverage"),
    path("statistics/", statistics.statistics, name="statistics"),
]
