package main

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/version"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/tools/cache"
)

// publishCRDGroups keeps the plain (not aggregated) /apis document complete, as the
// aggregation layer does in a real cluster.
func publishCRDGroups(crds *crdserver.CustomResourceDefinitions, core *genericapiserver.GenericAPIServer) {
	gv := func(group, v string) metav1.GroupVersionForDiscovery {
		return metav1.GroupVersionForDiscovery{GroupVersion: group + "/" + v, Version: v}
	}
	core.DiscoveryGroupManager.AddGroup(metav1.APIGroup{Name: apiextensionsv1.GroupName,
		Versions:         []metav1.GroupVersionForDiscovery{gv(apiextensionsv1.GroupName, "v1")},
		PreferredVersion: gv(apiextensionsv1.GroupName, "v1")})
	inf := crds.Informers.Apiextensions().V1().CustomResourceDefinitions()
	sync := func(group string) {
		list, _ := inf.Lister().List(labels.Everything())
		seen, all := map[string]bool{}, []string{}
		for _, c := range list {
			if c.Spec.Group != group {
				continue
			}
			for _, v := range c.Spec.Versions {
				if v.Served && !seen[v.Name] {
					seen[v.Name] = true
					all = append(all, v.Name)
				}
			}
		}
		if len(all) == 0 {
			core.DiscoveryGroupManager.RemoveGroup(group)
			return
		}
		sortVersions(all)
		g := metav1.APIGroup{Name: group, PreferredVersion: gv(group, all[0])}
		for _, v := range all {
			g.Versions = append(g.Versions, gv(group, v))
		}
		core.DiscoveryGroupManager.AddGroup(g)
	}
	on := func(o interface{}) {
		if d, ok := o.(cache.DeletedFinalStateUnknown); ok {
			o = d.Obj
		}
		if c, ok := o.(*apiextensionsv1.CustomResourceDefinition); ok {
			sync(c.Spec.Group)
		}
	}
	_, err := inf.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: on, UpdateFunc: func(_, n interface{}) { on(n) }, DeleteFunc: on})
	must(err)
}

func sortVersions(v []string) {
	for i := range v {
		for j := i + 1; j < len(v); j++ {
			if version.CompareKubeAwareVersionStrings(v[i], v[j]) < 0 {
				v[i], v[j] = v[j], v[i]
			}
		}
	}
}
